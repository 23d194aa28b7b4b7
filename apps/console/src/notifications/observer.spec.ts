import { silentLogger } from '@app/testing';
import { ServiceUnavailableException } from '@nestjs/common';
import { type IntegrationHealth, type IntegrationView } from '../../api/integrations';
import { emptyModel } from '../../test/empty-model';
import { Records, startMs, topics } from '../../test/records';
import { observe } from './observer';

const hour = 3_600_000;

function setup(state: IntegrationHealth['state'] = 'delivering') {
  const model = emptyModel();
  const ports = {
    db: model.db,
    integrations: {
      list: jest.fn(() => Promise.resolve([{ projectId: 'default', health: { state } } as IntegrationView])),
    },
    rejected: { list: jest.fn(() => Promise.resolve([])) },
    progress: { isCurrent: jest.fn(() => Promise.resolve(true)) },
    monitor: { backlogs: () => [] },
    silenceAfterMs: 2 * hour,
    logger: silentLogger,
  };
  return { model, records: new Records(), ports };
}

describe('an observation', () => {
  it('counts open dead letters by project and reason, and hides names that are not codes', async () => {
    const { model, records, ports } = setup();
    const letters = ['too_large', 'too_large', 'ann@example.com', 'Ann'].map((reason, i) =>
      records.deadLetter(`d${i}`, reason),
    );
    model.apply(topics.deliveriesDeadLetter, 0, letters);
    const { deadLetters } = await observe(ports, startMs);
    expect(deadLetters).toEqual([
      { projectId: 'default', reason: 'other', count: 2, firstAtMs: startMs + 50 },
      { projectId: 'default', reason: 'too_large', count: 2, firstAtMs: startMs + 50 },
    ]);
  });

  it('counts the latest groups of dead letters as one, if there are very many', async () => {
    const { model, records, ports } = setup();
    const letters = Array.from({ length: 503 }, (_, i) => records.deadLetter(`d${i}`, `reason_${i}`));
    model.apply(topics.deliveriesDeadLetter, 0, letters);
    const { deadLetters = [] } = await observe(ports, startMs);
    expect(deadLetters).toHaveLength(501);
    expect(deadLetters.at(-1)).toMatchObject({ projectId: 'unknown', reason: 'other', count: 3 });
  });

  it('has the status of the last problem of an integration', async () => {
    const { model, records, ports } = setup('suspended');
    model.apply(topics.receipts, 0, [records.receipt('e', { outcome: 'retrying', status: 401 })]);
    const { integrations } = await observe(ports, startMs);
    expect(integrations).toEqual([{ projectId: 'default', state: 'suspended', status: 401 }]);
  });

  it('knows nothing from a read model that is not up to date, except what an operator paused', async () => {
    const behind = setup('delivering');
    behind.ports.progress.isCurrent.mockResolvedValue(false);
    const observation = await observe(behind.ports, startMs);
    expect(observation).toMatchObject({ deadLetters: undefined, arrivals: undefined });
    expect(observation.integrations).toMatchObject([{ state: 'unknown' }]);
    const paused = setup('paused');
    paused.ports.progress.isCurrent.mockRejectedValue(new Error('no broker'));
    expect((await observe(paused.ports, startMs)).integrations).toMatchObject([{ state: 'paused' }]);
  });

  it('knows no integrations and rejected webhooks while Redis does not respond', async () => {
    const { ports } = setup();
    ports.integrations.list.mockRejectedValue(new ServiceUnavailableException());
    ports.rejected.list.mockRejectedValue(new ServiceUnavailableException());
    expect(await observe(ports, startMs)).toMatchObject({
      integrations: undefined,
      rejectedWebhooks: undefined,
      arrivals: undefined,
    });
  });

  it.each([
    ['expected, if many arrived at the same time yesterday', 12, {}, 26, true],
    ['not expected, if few arrived at the same time yesterday', 3, {}, 26, false],
    ['not expected at another time of day', 12, {}, 12, false],
    ['expected, if many arrived on the last day with events', 12, {}, 90, true],
  ])('has events that are %s', async (_, count, fields, hoursLater, wereExpected) => {
    const { model, records, ports } = setup();
    const events = Array.from({ length: count }, (__, i) => records.event(`e${i}`, fields));
    model.apply(topics.events, 0, events);
    const { arrivals } = await observe(ports, startMs + (hoursLater - 1) * hour);
    expect(arrivals).toEqual([{ projectId: 'default', lastAtMs: startMs, wereExpected }]);
  });

  it('has no sandbox events, and none of projects without an integration', async () => {
    const { model, records, ports } = setup();
    model.apply(topics.events, 0, [
      records.event('sandbox', { environment: 'SANDBOX' }),
      records.event('other', {}, { 'project-id': 'other' }),
    ]);
    expect((await observe(ports, startMs)).arrivals).toEqual([]);
  });
});
