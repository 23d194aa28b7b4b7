import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { statsigEventNames } from '@app/revenuecat';
import { bodiesOf, deliveriesOf, map } from '../test/mapping.builder';

const root = path.resolve(__dirname, '../../..');

/** The payloads of a folder by file name; none, with a message, if the folder does not exist. */
function payloads(folder: string): [file: string, text: string][] {
  const full = path.join(root, folder);
  if (!existsSync(full)) {
    process.stdout.write(`skipped: ${folder} is not here\n`);
    return [];
  }
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
    (found.length > 0 ? it.each(found) : it.skip.each([['none', '']]))(
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

describe('what RevenueCat itself sends to Statsig', () => {
  const types = Object.fromEntries(Object.entries(statsigEventNames).map(([type, name]) => [name, type]));
  const found = payloads('../shared/corpus/statsig');
  (found.length > 0 ? it.each(found) : it.skip.each([['none', '']]))(
    'is what we send, key for key: %s',
    (_file, text) => {
      const { delivered_to_statsig: theirs } = JSON.parse(text) as {
        delivered_to_statsig: { api_version: string; event: { type: string } };
      };
      const webhook = { ...theirs, event: { ...theirs.event, type: types[theirs.event.type] } };
      const mapped = map(webhook, { eventNames: 'rc', includeSandbox: true });
      expect(bodiesOf(mapped)).toEqual([theirs]);
      expect(deliveriesOf(mapped)[0]?.body).toBe(JSON.stringify(theirs));
    },
  );
});

/** Some published samples are incomplete and lack the event id. */
function withEventId(text: string): unknown {
  const envelope = JSON.parse(text) as { event: object };
  return { ...envelope, event: { id: 'given-here', ...envelope.event } };
}
