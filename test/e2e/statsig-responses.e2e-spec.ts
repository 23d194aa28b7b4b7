import { until } from '@tools/stack';
import { RunningConsole } from '../../apps/console/test/running-console';
import { RunningPipeline, secretOf } from './running-pipeline';
import { ids, manyAttributes, renewal, renewals } from './renewals';

const patience = { timeoutMs: 30_000 };

/** Possible responses of a server that has accepted events. */
const acceptances = {
  'empty-body': { kind: 'status', status: 200, body: '', accepted: true },
  text: { kind: 'status', status: 200, body: 'OK', accepted: true },
  'no-content': { kind: 'status', status: 204, body: '', accepted: true },
  'other-json': { kind: 'status', status: 200, body: '{"ok":true}', accepted: true },
  html: { kind: 'garbage', accepted: true },
};
const rejections = Object.fromEntries(
  [400, 405, 411, 413, 415, 422, 431].map((status) => [String(status), { kind: 'status', status }]),
);

/** One project for each format and response, so that a response affects only its project. */
function projectsWith(responses: Readonly<Record<string, object>>) {
  return (['revenuecat', 'log_event'] as const).flatMap((format) =>
    Object.entries(responses).map(([name, rule]) => {
      const projectId = `${format}-${name}`;
      return { projectId, format, fault: { ...rule, match: { key: secretOf(projectId) } } };
    }),
  );
}
const accepting = projectsWith(acceptances);
const rejecting = projectsWith(rejections);

describe('events that Statsig', () => {
  let pipeline: RunningPipeline;
  let topic: string;

  beforeAll(async () => {
    const projects = [...accepting, ...rejecting].map(({ projectId, format }) => ({
      ...{ projectId, format, partitions: 2 },
    }));
    pipeline = await RunningPipeline.start(
      {
        DISPATCHER_SUSPENSION_MAX_INTERVAL: '200ms',
        DISPATCHER_RETRY_BASE_DELAY: '20ms',
        SIMULATOR_MAX_BODY_BYTES: '200000',
      },
      [...projects, { projectId: 'large', format: 'log_event' }, { projectId: 'redriven' }],
    );
    topic = pipeline.topics.names.events;
  });

  afterAll(async () => {
    expect(await pipeline.statsigRepeats()).toEqual({});
    await pipeline.stop();
  });

  afterEach(() => pipeline.faults());

  it('accepts with a 2xx and any or no body are sent once', async () => {
    const eventsOf = (projectId: string): string[] => ids(`accepted-${projectId}`, 3);
    const sent = accepting.flatMap(({ projectId }) => eventsOf(projectId));
    await pipeline.faults(...accepting.map(({ fault }) => fault));
    await pipeline.producer.send(
      accepting.flatMap(({ projectId }) => renewals(topic, projectId, eventsOf(projectId), 1)),
    );
    const receipts = await pipeline.receiptsOf(sent, 'delivered');
    expect(receipts.filter(({ outcome, attempt }) => outcome !== 'delivered' || attempt !== 1)).toEqual([]);
    const arrived = (await pipeline.statsigEvents('summary=true')).map(({ id }) => id);
    expect(arrived.filter((id) => id.startsWith('accepted-')).sort()).toEqual(sent.sort());
  });

  it('rejects without exception cause a few dead letters, and the others are delivered later, in order', async () => {
    const customers = 6;
    const eventsOf = (projectId: string): string[] => ids(`rejected-${projectId}`, 60);
    await pipeline.faults(...rejecting.map(({ fault }) => fault));
    await pipeline.producer.send(
      rejecting.flatMap(({ projectId }) => renewals(topic, projectId, eventsOf(projectId), customers)),
    );
    // Enough rejections to suspend every integration, and to probe it afterwards.
    await until(async () => {
      expect(Math.min(...(await pipeline.faultCounts()))).toBeGreaterThan(25);
    }, patience);
    await pipeline.faults();

    const sent = rejecting.flatMap(({ projectId }) => eventsOf(projectId));
    const receipts = await pipeline.receiptsOf(sent, 'delivered', 'dead_lettered');
    const arrived = await pipeline.statsigEvents('summary=true');
    for (const { projectId } of rejecting) {
      const deadLetters = receipts
        .filter((receipt) => receipt.projectId === projectId && receipt.outcome === 'dead_lettered')
        .map(({ eventId }) => eventId);
      expect(deadLetters.length).toBeLessThanOrEqual(20);
      for (let n = 0; n < customers; n++) {
        const ofCustomer = arrived.filter(({ userId }) => userId === `${projectId}-user-${n}`);
        expect(ofCustomer.map(({ id }) => id)).toEqual(
          eventsOf(projectId).filter((id, i) => i % customers === n && !deadLetters.includes(id)),
        );
      }
    }
  });

  it('rejects in a request that is too large are delivered once in smaller requests', async () => {
    const tooLarge = async (): Promise<number> => (await pipeline.statsigCounts()).responses['413'] ?? 0;
    const before = await tooLarge();
    const sent = ids('large', 500);
    await pipeline.producer.send(renewals(topic, 'large', sent, 500, manyAttributes));
    const receipts = await pipeline.receiptsOf(sent, 'delivered', 'dead_lettered');
    const ofProject = receipts.filter(({ projectId }) => projectId === 'large');
    expect(ofProject.filter(({ outcome }) => outcome === 'dead_lettered')).toEqual([]);
    const arrived = (await pipeline.statsigEvents('summary=true')).map(({ id }) => id);
    expect(arrived.filter((id) => id.startsWith('large-')).sort()).toEqual(sent.sort());
    expect(await tooLarge()).toBeGreaterThan(before);
  });

  it('rejected twice are delivered once if both dead letters are redriven together, which closes both', async () => {
    const id = 'rejected-twice';
    // No other test uses this status.
    const status = 409;
    const group = { source: 'deliveries', stage: 'dispatcher', reason: `statsig_${status}` };
    const opened = await RunningConsole.start(pipeline.topics.prefix, pipeline.env);
    /** Resolves when this many dead letters are open, and this one is not. */
    const untilOpen = (count: number, closed = 0) =>
      until(async () => {
        const found = await opened.get(`dead-letters?${new URLSearchParams(group).toString()}`);
        const { deadLetters } = (await found.json()) as { deadLetters: { id: number }[] };
        const open = deadLetters.map((deadLetter) => deadLetter.id);
        expect(open).toHaveLength(count);
        expect(open).not.toContain(closed);
        return open;
      }, patience);
    const redrive = async (total: number): Promise<void> => {
      const started = await opened.do('redrives', group);
      expect([started.status, await started.json()]).toMatchObject([202, { total }]);
    };
    try {
      await pipeline.faults({ kind: 'status', status, match: { eventId: id } });
      await pipeline.post(renewal(id, 'rejected'), 'redriven');
      const [first = 0] = await untilOpen(1);
      await redrive(1);
      await untilOpen(1, first);
      // RevenueCat repeats the webhook in the meantime.
      await pipeline.post(renewal(id, 'rejected'), 'redriven');
      await untilOpen(2);

      await pipeline.faults();
      await redrive(2);
      await untilOpen(0);
      await pipeline.receiptsOf([id], 'delivered');
      const receipts = await pipeline.receiptsOf([id], 'duplicate');
      const outcomes = receipts.filter(({ eventId }) => eventId === id).map(({ outcome }) => outcome);
      expect(outcomes.sort()).toEqual([
        'dead_lettered',
        'dead_lettered',
        'dead_lettered',
        'delivered',
        'duplicate',
      ]);
      expect(await pipeline.statsigEvents(`id=${id}`)).toHaveLength(1);
    } finally {
      await opened.stop();
    }
  });
});
