import { type Verdict } from '@app/delivery';
import { BatchConsumer, topicNames } from '@app/kafka';
import { FakeConsumers, type FakeRecord, silentLogger, until } from '@app/testing';
import { deliveryRecord, integration, projectId } from '../test/deliveries';
import { dispatchBatch } from './dispatch.stage';
import { dispatchPolicy } from './dispatch-policy';
import { dispatcherConfig } from './dispatcher.config';
import { OutcomeWriter } from './outcome-writer';
import { ProjectDispatcher } from './project-dispatcher';

const topic = `statsig.deliveries.${projectId}`;

function delivery(eventId: string, extraBytes = 0): FakeRecord {
  const { key, value } = deliveryRecord(eventId);
  const padding = `,"padding":"${'x'.repeat(extraBytes)}"}}`;
  return { key, value: value && Buffer.concat([value.subarray(0, -2), Buffer.from(padding)]) };
}

const deliveriesOf = (count: number, nameOf: (n: number) => string): FakeRecord[] =>
  Array.from({ length: count }, (_, n) => delivery(nameOf(n)));

/** Runs the dispatcher of one project on the partitions of `log` with this share of memory; Statsig fails on one event. */
async function dispatch(options: { log: FakeRecord[][]; shareBytes: number; failsOn: string }) {
  const group = new FakeConsumers(topic);
  options.log.forEach((records, partition) =>
    group.partitions.set(partition, { low: 0, high: records.length }),
  );
  const accepted: string[] = [];
  const outcomes = new OutcomeWriter(
    projectId,
    { send: () => Promise.resolve() },
    topicNames(),
    silentLogger,
  );
  const statsig = { isFailing: true };
  const dispatcher = new ProjectDispatcher(projectId, {
    ledger: {
      claim: (events) => Promise.resolve(events.map(() => 'claimed' as const)),
      markDelivered: (events) => Promise.resolve(events.map(() => 'owned' as const)),
      markMaybeDelivered: () => Promise.resolve(),
      release: () => Promise.resolve(),
    },
    sender: {
      takeTurn: () => Promise.resolve(0),
      send: async (events) => {
        await new Promise(setImmediate);
        const ids = events.map(({ eventId }) => eventId);
        const failure: Verdict = { kind: 'retry', reason: 'statsig_503', detail: '', ambiguous: false };
        if (statsig.isFailing && ids.includes(options.failsOn)) return { verdict: failure };
        accepted.push(...ids);
        return { verdict: { kind: 'accepted' } };
      },
      close: () => Promise.resolve(),
    },
    outcomes,
    integration: () => integration,
    policy: dispatchPolicy(
      dispatcherConfig.parse({ DISPATCHER_RETRY_BASE_DELAY: '1m', DISPATCHER_RETRY_MAX_DELAY: '1m' }),
    ),
    nowMs: () => performance.now(),
    logger: silentLogger,
  });
  const consumer = new BatchConsumer({
    kafka: group.asKafka,
    topic,
    groupId: 'group',
    handler: (batch) =>
      dispatchBatch(batch, {
        projectId,
        dispatcher,
        outcomes,
        logger: silentLogger,
      }),
    concurrentBatches: true,
    maxBatchRecords: 1_000,
    maxUnackedBytes: () => options.shareBytes,
    commitIntervalMs: 20,
    onStall: () => {
      dispatcher.leaveBackingOff();
    },
    logger: silentLogger,
  });
  await dispatcher.readFrom(consumer).start();
  group.last.join(...options.log.keys());
  const fetching = setInterval(() => {
    group.last.fetchFrom(options.log);
  }, 2);
  return {
    accepted,
    recover: () => {
      statsig.isFailing = false;
      dispatcher.integrationChanged();
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(fetching);
      await dispatcher.close();
    },
  };
}

describe('an event that Statsig fails on', () => {
  it('does not block others if it is larger than the memory of its project', async () => {
    const log = [
      [delivery('large/1', 1_000_000), ...deliveriesOf(100, (n) => `behind${n}/1`)],
      deliveriesOf(300, (n) => `beside${n}/1`),
    ];
    await using running = await dispatch({ log, shareBytes: 900_000, failsOn: 'large/1' });
    await until(() => running.accepted.length === 400);
    running.recover();
    await until(() => running.accepted.includes('large/1'));
    expect(running.accepted).toHaveLength(401);
  }, 40_000);

  it('does not block others if the events of its customer fill the memory of the partition', async () => {
    const ofCustomer = Array.from({ length: 100 }, (_, n) => `hot/${n}`);
    const log = [[...ofCustomer.map((name) => delivery(name)), ...deliveriesOf(200, (n) => `behind${n}/1`)]];
    await using running = await dispatch({ log, shareBytes: 60_000, failsOn: 'hot/0' });
    await until(() => running.accepted.length === 200);
    running.recover();
    await until(() => running.accepted.length === 300);
    expect(running.accepted.slice(200)).toEqual(ofCustomer);
  }, 40_000);
});
