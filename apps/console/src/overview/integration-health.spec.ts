import { type Receipt } from '@app/delivery';
import { integrationSchema } from '@app/integrations';
import { emptyModel } from '../../test/empty-model';
import { Records, startMs, topics } from '../../test/records';
import { healthOf } from './integration-health';

const integration = integrationSchema.parse({ projectId: 'default', serverSecret: 'secret-of-the-test' });

const stateAfter = (...receipts: (Partial<Receipt> & Pick<Receipt, 'outcome'>)[]): string => {
  const model = emptyModel();
  const r = new Records();
  model.apply(topics.events, 0, [r.event('e')]);
  const records = receipts.map((receipt, i) => r.receipt('e', { atMs: startMs + i, ...receipt }));
  model.apply(topics.receipts, 0, records);
  return healthOf(model.db, integration).state;
};

it.each<[string, Partial<Receipt>]>([
  ['suspended', { status: 401, suspended: true }],
  ['suspended', { status: 400, suspended: true }],
  ['retrying', { status: 503 }],
  ['retrying', {}],
])('is %s after an attempt with %j', (state, attempt) => {
  expect(stateAfter({ outcome: 'delivered' }, { outcome: 'retrying', ...attempt })).toBe(state);
});

describe('after an event that was retried has become a dead letter', () => {
  const delivered = { outcome: 'delivered' } as const;
  const retrying = { outcome: 'retrying', status: 503 } as const;
  const dead = { outcome: 'dead_lettered', status: 400 } as const;

  it('is as if the event had not been retried, because nothing is', () => {
    expect(stateAfter(delivered, retrying, dead)).toBe('delivering');
    expect(stateAfter(retrying, dead)).toBe('idle');
    expect(stateAfter(delivered, retrying, dead, retrying)).toBe('retrying');
  });

  it('is retrying if another event is still retried, or if Statsig did not respond', () => {
    expect(stateAfter(delivered, retrying, { ...dead, sourceEventId: 'another' })).toBe('retrying');
    expect(stateAfter(delivered, retrying, { outcome: 'dead_lettered', reason: 'owner_vanished' })).toBe(
      'retrying',
    );
  });

  it('is suspended until Statsig accepts an event', () => {
    const suspended = { outcome: 'retrying', status: 401, suspended: true } as const;
    expect(stateAfter(delivered, suspended, dead)).toBe('suspended');
    expect(stateAfter(delivered, suspended, dead, delivered)).toBe('delivering');
  });
});

it('does not depend on sandbox events with a secret of their own', () => {
  const sandbox = { sandboxSecret: true } as const;
  expect(
    stateAfter({ outcome: 'retrying', status: 401, suspended: true }, { outcome: 'delivered', ...sandbox }),
  ).toBe('suspended');
  expect(stateAfter({ outcome: 'delivered' }, { outcome: 'retrying', status: 503, ...sandbox })).toBe(
    'delivering',
  );
});

it("does not quote Statsig's response, which may contain personal data", () => {
  const model = emptyModel();
  const r = new Records();
  model.apply(topics.events, 0, [r.event('e')]);
  model.apply(topics.receipts, 0, [
    r.receipt('e', {
      outcome: 'retrying',
      status: 401,
      detail: 'Statsig responded with 401: ann@example.com',
    }),
  ]);
  expect(healthOf(model.db, integration).detail).toBe('Statsig responded with 401.');
});
