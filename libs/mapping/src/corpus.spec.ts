import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bodiesOf, deliveriesOf, map } from '../test/mapping.builder';

const root = path.resolve(__dirname, '../../..');

/** The payloads of a folder by file name; none if the folder does not exist. */
function payloads(folder: string): [file: string, text: string][] {
  const full = path.join(root, folder);
  if (!existsSync(full)) return [];
  return readdirSync(full)
    .filter((file) => file.endsWith('.json'))
    .map((file) => [file, readFileSync(path.join(full, file), 'utf8')]);
}

const namings = ['received', 'rc', 'lifecycle', { RENEWAL: 'renewed' }] as const;
const formats = ['revenuecat', 'log_event'] as const;

describe.each(['../shared/corpus/webhooks', 'libs/testing/fixtures/webhooks'])(
  'the payloads of %s',
  (folder) => {
    const found = payloads(folder);
    (found.length > 0 ? it.each(found) : it.skip.each([['not compared: the folder is missing', '']]))(
      'are mapped, or have a reason why not: %s',
      (_file, text) => {
        const body = withEventId(text);
        for (const format of formats) {
          for (const eventNames of namings) {
            const byDefault = map(body, { format, eventNames });
            if (byDefault.kind !== 'mapped') expect(byDefault.reason).toMatch(/^[a-z_]+$/);
            const chosen = map(body, { format, eventNames, eventTypes: ['*'], includeSandbox: true });
            expect(chosen.kind).toBe('mapped');
            for (const { customer, body: sent } of deliveriesOf(chosen)) {
              expect(customer.appUserId).toBeDefined();
              expect(sent.isWellFormed()).toBe(true);
            }
            if (format === 'log_event') {
              for (const { user, metadata } of bodiesOf(chosen)) {
                expect(user).toHaveProperty('userID');
                expect(user).toHaveProperty('statsigEnvironment.tier');
                expect(metadata).toHaveProperty('revenuecat_event_id');
              }
            }
          }
        }
      },
    );
  },
);

/** Some published samples are incomplete and lack the event id. */
function withEventId(text: string): unknown {
  const envelope = JSON.parse(text) as { event: object };
  return { ...envelope, event: { id: 'given-here', ...envelope.event } };
}
