import { type IntegrationRegistry, type IntegrationState } from '@app/integrations';
import {
  BatchConsumer,
  deliveriesTopic,
  ensureTopics,
  headerNames,
  partitionOf,
  RecordProducer,
  topicConfig,
  topicSpecOf,
} from '@app/kafka';
import { readConfig } from '@app/platform';
import { until } from '@tools/stack';
import { z } from 'zod';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { IntegrationLookup } from '../../apps/mapper/src/integration-lookup';
import { mapBatch } from '../../apps/mapper/src/mapper.stage';
import { DeferredProjects } from '../../apps/mapper/src/deferred-projects';
import { eventBody } from '../../libs/mapping/test/mapping.builder';
import {
  batchOf,
  deliveriesIn,
  eventRecord,
  portsWith,
  profiles,
} from '../../apps/mapper/test/stage.builder';

describe('the mapper on a real Kafka', () => {
  let scratch: ScratchTopics;
  let producer: RecordProducer;
  let ports: ReturnType<typeof portsWith>;

  beforeAll(async () => {
    scratch = await scratchTopics(3, { projects: [] });
    const config = readConfig(z.object(topicConfig), {});
    producer = new RecordProducer(scratch.kafka, silentLogger, {
      onMissingTopic: async (topic) => {
        const spec = await topicSpecOf(topic, scratch.names, config, (projectId) => {
          const state = ports.integrations.find(projectId);
          return state.kind === 'ready' ? state.integration.partitions : undefined;
        });
        if (spec !== undefined) await ensureTopics(scratch.kafka, [spec]);
      },
    });
    ports = portsWith({ profiles, producer, topics: scratch.names });
    await producer.connect();
  });

  afterAll(async () => {
    await producer.disconnect();
    await scratch.remove();
  });

  const ofCustomers = (count: number, projectId: string, fields = {}) =>
    Array.from({ length: count }, (_, n) => {
      const id = `user-${n}`;
      const body = eventBody({
        id: `${projectId}-${n}`,
        app_user_id: id,
        original_app_user_id: id,
        ...fields,
      });
      return eventRecord(body, { projectId });
    });

  /** Event ids of a project's deliveries, in topic order. */
  const idsIn = async (projectId: string, count: number): Promise<unknown[]> => {
    const topic = deliveriesTopic(scratch.names, projectId);
    await until(
      async () => {
        expect(await existingTopics()).toContain(topic);
      },
      { timeoutMs: 20_000 },
    );
    const written = await scratch.read(topic, count);
    return written.map(({ headers }) => headers[headerNames.eventId]);
  };

  const existingTopics = async (): Promise<string[]> => {
    const admin = scratch.kafka.admin();
    await admin.connect();
    const existing = await admin.listTopics();
    await admin.disconnect();
    return existing;
  };

  const createTopic = async (topic: string, config: Record<string, string> = {}): Promise<void> => {
    await ensureTopics(scratch.kafka, [{ topic, partitions: 1, replicationFactor: 1, config }]);
  };

  const enlarge = async (topic: string): Promise<void> => {
    await ensureTopics(scratch.kafka, [
      { topic, partitions: 12, replicationFactor: 1, config: {}, growsToSpec: true },
    ]);
  };

  it('creates a deliveries topic with the number of partitions of the integration', async () => {
    const batch = batchOf(ofCustomers(100, 'new'));
    await mapBatch(batch, ports);
    expect(batch.acked).toHaveLength(100);
    const written = await scratch.read(deliveriesTopic(scratch.names, 'new'), 100);
    expect(new Set(written.map(({ partition }) => partition)).size).toBe(12);
  });

  it('writes all deliveries if the topic has fewer partitions than the integration', async () => {
    const topic = deliveriesTopic(scratch.names, 'small');
    await createTopic(topic);
    const batch = batchOf(ofCustomers(100, 'small'));
    await mapBatch(batch, ports);
    expect(batch.acked).toHaveLength(100);
    const ids = new Set<unknown>();
    await scratch.find(topic, ({ headers }) => ids.add(headers[headerNames.eventId]).size === 100);
  });

  it('writes a backlog of one customer once and in order if the topic accepts only 1 MiB per request', async () => {
    const topic = deliveriesTopic(scratch.names, 'limited');
    await createTopic(topic, { 'max.message.bytes': String(1024 * 1024) });
    const records = ofCustomers(500, 'limited', {
      app_user_id: 'hot-user',
      original_app_user_id: 'hot-user',
      presented_offering_id: 'x'.repeat(3_000),
    });
    await enlarge(topic);
    await mapBatch(batchOf(records), ports);
    expect(await idsIn('limited', 500)).toEqual(records.map((_, n) => `limited-${n}`));
  });

  /** Runs the mapper on one partition with alternating events of two projects, of one customer each. */
  const mapInterleaved = async (
    projectIds: readonly string[],
    registry: Pick<IntegrationRegistry, 'find' | 'whenAny' | 'refresh' | 'onChange'>,
    writer: RecordProducer,
    examine: () => Promise<void>,
  ): Promise<void> => {
    const consumer: BatchConsumer = new BatchConsumer({
      kafka: scratch.kafka,
      topic: scratch.names.events,
      groupId: `${scratch.prefix}mapper`,
      handler: (batch) => mapBatch(batch, { ...ports, producer: writer, integrations: lookup, deferred }),
      concurrentBatches: false,
      maxBatchRecords: 7,
      maxUnackedBytes: () => 1024 * 1024,
      commitIntervalMs: 100,
      logger: silentLogger,
    });
    const rereadLeft = (): void => {
      consumer.rereadLeft();
    };
    const lookup = new IntegrationLookup(registry, () => undefined, rereadLeft, silentLogger);
    const deferred = new DeferredProjects({
      lookup,
      integrations: registry,
      producer: writer,
      logger: silentLogger,
    });
    const hot = { app_user_id: 'hot-user', original_app_user_id: 'hot-user' };
    const events = projectIds.map((projectId) => ofCustomers(50, projectId, hot));
    const interleaved = Array.from({ length: 50 }, (_, n) =>
      events.flatMap((ofProject) => ofProject[n] ?? []),
    );
    await producer.send(
      interleaved.flat().map(({ value, headers }) => ({
        topic: scratch.names.events,
        key: 'one partition for all',
        value,
        headers: { ...headers },
      })),
    );
    await consumer.start();
    try {
      await examine();
    } finally {
      deferred.close();
      await consumer.close();
    }
  };
  const idsOf = (projectId: string): string[] => Array.from({ length: 50 }, (_, n) => `${projectId}-${n}`);

  it('maps a project in order when its integration becomes readable, without delaying another project', async () => {
    let sealed: IntegrationState = { kind: 'unreadable', detail: 'wrong key' };
    const listeners: ((projectIds: ReadonlySet<string>) => void)[] = [];
    const registry = {
      find: (projectId: string) => (projectId === 'sealed' ? sealed : ports.integrations.find(projectId)),
      whenAny: () => Promise.resolve(true),
      refresh: () => Promise.resolve(),
      onChange: (listener: (projectIds: ReadonlySet<string>) => void) => {
        listeners.push(listener);
        return () => true;
      },
    };
    await mapInterleaved(['sealed', 'open'], registry, producer, async () => {
      expect(await idsIn('open', 50)).toEqual(idsOf('open'));
      expect(await existingTopics()).not.toContain(deliveriesTopic(scratch.names, 'sealed'));
      sealed = ports.integrations.find('sealed');
      for (const listener of listeners) listener(new Set(['sealed']));
      expect(await idsIn('sealed', 50)).toEqual(idsOf('sealed'));
    });
  });

  it('maps a project in order when its topic becomes writable, without delaying another project', async () => {
    const topic = deliveriesTopic(scratch.names, 'unwritable');
    // The partition of the customer's events is missing, and the producer does not add it.
    await createTopic(topic);
    expect(partitionOf('unwritable:hot-user', 12)).not.toBe(0);
    const writer = new RecordProducer(scratch.kafka, silentLogger, { deadlineMs: 2_000 });
    const registry = { ...ports.integrations, onChange: () => () => true };
    await createTopic(deliveriesTopic(scratch.names, 'writable'));
    await enlarge(deliveriesTopic(scratch.names, 'writable'));
    await mapInterleaved(['unwritable', 'writable'], registry, writer, async () => {
      expect(await idsIn('writable', 50)).toEqual(idsOf('writable'));
      await enlarge(topic);
      // The probe has written the first delivery as well.
      const ids = new Set<unknown>();
      await scratch.find(topic, ({ headers }) => ids.add(headers[headerNames.eventId]).size === 50);
      expect([...ids]).toEqual(idsOf('unwritable'));
    });
    await writer.disconnect();
  });

  it('dead-letters the original event if the topic rejects the delivery as too large', async () => {
    const topic = deliveriesTopic(scratch.names, 'tiny');
    await createTopic(topic, { 'max.message.bytes': '2000' });
    const [small, large] = [
      ...ofCustomers(1, 'tiny'),
      ...ofCustomers(1, 'tiny', { id: 'large', presented_offering_id: 'x'.repeat(3_000) }),
    ];
    if (small === undefined || large === undefined) throw new Error('unreachable');
    const batch = batchOf([large, small]);
    await mapBatch(batch, ports);
    const [deadLetter] = await scratch.read(scratch.names.eventsDeadLetter, 1);
    expect(deadLetter?.headers[headerNames.deadLetterReason]).toBe('delivery_too_large');
    expect(deadLetter?.value).toEqual(large.value);
    const written = await scratch.read(topic, 1);
    expect(
      deliveriesIn(written.map((record) => ({ ...record, topic: 'statsig.deliveries.tiny' }))),
    ).toMatchObject([{ eventId: 'tiny-0' }]);
    expect(batch.acked).toHaveLength(2);
  });
});
