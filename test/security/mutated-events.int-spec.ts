import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decodeDelivery } from '@app/delivery';
import { ProfileStore } from '@app/identity';
import { type IntegrationInput, type WebhookCredentials } from '@app/integrations';
import {
  type ConsumedRecord,
  deliveriesTopic,
  headerNames,
  type ProducedRecord,
  projectOfDeliveriesTopic,
} from '@app/kafka';
import { connectRedis, type RedisClient } from '@app/platform';
import { silentLogger } from '@app/testing';
import { type LocalRedis, startRedis, until } from '@tools/stack';
import fc from 'fast-check';
import { Database } from '../../apps/console/src/read-model/database';
import { ReadModel } from '../../apps/console/src/read-model/read-model';
import { topics } from '../../apps/console/test/records';
import { RunningConsole } from '../../apps/console/test/running-console';
import { ingest, type IngestPorts } from '../../apps/ingest/src/ingest.stage';
import { webhookRequest } from '../../apps/ingest/test/webhook-request';
import { mapBatch } from '../../apps/mapper/src/mapper.stage';
import { anIntegration } from '../../libs/mapping/test/mapping.builder';
import { batchOf, portsWith } from '../../apps/mapper/test/stage.builder';
import { RunningPipeline } from '../e2e/running-pipeline';
import { renewal } from '../e2e/renewals';
import { isLongForm, mebibyte, within } from './form';
import { marker, mutatedEvent, mutationOf, oddHeaders } from './mutations';

jest.setTimeout(isLongForm ? 7_200_000 : 120_000);

const eventsPerRun = 250;
const eventCount = isLongForm ? 1_000_000 : 3_000;
const maxMsPerRun = 30_000;
const options = { topics, defaultProjectId: 'default', logger: silentLogger };

const aRun = fc
  .record({
    bodies: fc.array(fc.tuple(mutatedEvent, oddHeaders), {
      minLength: eventsPerRun,
      maxLength: eventsPerRun,
    }),
    /** Mutations of records that the mapper and the dispatcher write, because any producer could write them. */
    mutations: fc.array(mutationOf, { minLength: 20, maxLength: 20 }),
    format: fc.constantFrom('revenuecat', 'log_event'),
    eventNames: fc.constantFrom<IntegrationInput['eventNames'][]>('received', 'rc', 'lifecycle', {
      RENEWAL: 'renewed',
    }),
  })
  // The values would fill megabytes of a report; the seed reproduces the run.
  .map((run) => Object.assign(run, { [fc.toStringMethod]: () => 'values of this seed' }));

describe('mutated events', () => {
  let server: LocalRedis;
  let redis: RedisClient;
  let runs = 0;
  const good = Buffer.from(renewal('good', 'good-customer'));

  beforeAll(async () => {
    server = await startRedis({ settings: ['--appendonly', 'no'] });
    redis = connectRedis({ REDIS_URL: [server.url] }, silentLogger);
  });

  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('neither stop nor exhaust the endpoint, the mapper and the read model, and are not quoted in messages', async () => {
    const heap: number[] = [];
    await fc.assert(
      fc.asyncProperty(aRun, async ({ bodies, mutations, ...integration }) => {
        const startMs = performance.now();
        // The test does not cover stored customer profiles.
        if (runs % 40 === 0) await redis.flushall();
        if (runs % 5 === 0) heap.push(heapBytes());
        runs += 1;
        for (const [body] of bodies) await expectResponse(body);
        const records = [...bodies, [good, {}] as const].map(([value, headers], offset) =>
          aRecord(topics.events, offset, value, headers),
        );
        const written = await mapped(records, integration);
        for (const record of written) expectReadable(record);
        const mutated = (record: Pick<ProducedRecord, 'topic' | 'value' | 'headers'>, n: number) => ({
          ...record,
          value: mutations[n % mutations.length]?.(Buffer.from(record.value ?? '')) ?? Buffer.alloc(0),
        });
        const model = new ReadModel(new Database(':memory:'), options);
        // Applied before the valid records, which would override them.
        takeAll(model, written.map(mutated), 1);
        model.apply(
          topics.audit,
          0,
          mutations.map((_, n) => aRecord(topics.audit, n, mutated(anAuditEntry, n).value, {})),
        );
        model.apply(topics.events, 0, records);
        takeAll(model, written);
        expect(
          model.db.get(
            "SELECT count(*) AS count FROM events WHERE project = 'default' AND event_id = 'good'",
          ),
        ).toEqual({
          count: 1,
        });
        model.db.close();
        expect(performance.now() - startMs).toBeLessThan(maxMsPerRun);
      }),
      { numRuns: eventCount / eventsPerRun, endOnFailure: true },
    );
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
    const early = heap[Math.floor(heap.length / 4)] ?? 0;
    expect(heapBytes() - early).toBeLessThan(32 * mebibyte);
  });

  async function mapped(
    records: readonly ConsumedRecord[],
    settings: Pick<IntegrationInput, 'format' | 'eventNames'>,
  ): Promise<ProducedRecord[]> {
    const batch = batchOf(records);
    const privacy = { attributes: { plan: 'hash' }, salt: 'salt-of-the-tests' } as const;
    const ports = portsWith({
      profiles: new ProfileStore(redis, { ttlMs: 600_000 }),
      integrations: {
        find: (projectId) =>
          projectId === 'absent'
            ? { kind: 'absent' }
            : {
                kind: 'ready',
                integration: anIntegration({
                  ...settings,
                  projectId,
                  eventTypes: ['*'],
                  includeSandbox: true,
                  privacy,
                }),
              },
        whenAny: () => Promise.resolve(true),
        refresh: () => Promise.resolve(),
      },
    });
    await mapBatch(batch, ports);
    expect(batch.acked).toHaveLength(records.length);
    return ports.written;
  }
});

/** Ports with a Kafka that accepts everything. */
function portsOfIngest(): IngestPorts & { events: ProducedRecord[]; deadLetters: ProducedRecord[] } {
  const [events, deadLetters]: [ProducedRecord[], ProducedRecord[]] = [[], []];
  const credentials: WebhookCredentials = { authorizations: ['Bearer x'], signingSecrets: [] };
  const into = (list: ProducedRecord[]) => (record: ProducedRecord) => {
    list.push(record);
    return Promise.resolve();
  };
  return {
    endpoints: { find: () => credentials, projectsOf: () => ['default'], isAbsent: () => false },
    defaultProjectId: 'default',
    signatureToleranceMs: 300_000,
    maxBytes: mebibyte,
    topics,
    writeEvent: into(events),
    writeDeadLetter: into(deadLetters),
    events,
    deadLetters,
  };
}

/** Every body is either unchanged in the topic, or rejected with a reason and kept as a dead letter. */
async function expectResponse(body: Buffer): Promise<void> {
  const ports = portsOfIngest();
  const result = await ingest(webhookRequest(body), ports);
  if (result.kind === 'accepted') {
    expect(ports.events.map(({ value }) => isSame(value, body))).toEqual([true]);
    return;
  }
  expect(result.problem.status).toBe(400);
  expect(`${result.problem.detail} ${result.forOperator ?? ''}`).not.toContain(marker);
  const [deadLetter] = ports.deadLetters;
  expect(isSame(deadLetter?.value, body)).toBe(true);
  expect(deadLetter?.headers?.[headerNames.deadLetterReason]).toMatch(/^[a-z0-9_]+$/);
}

/** Much faster than Jest's comparison. */
function isSame(value: Buffer | string | null | undefined, body: Buffer): boolean {
  return Buffer.isBuffer(value) && value.equals(body);
}

/** Expects a sendable delivery, a dead letter with its reason, or a receipt, without the value that must not be sent. */
function expectReadable({ topic, value, headers }: ProducedRecord): void {
  if (projectOfDeliveriesTopic(topics, topic) !== undefined) {
    const { head, body } = decodeDelivery(Buffer.from(value ?? ''));
    expect(JSON.parse(body.toString())).toBeInstanceOf(Object);
    expect(head.eventId).not.toBe('');
    return;
  }
  if (topic === topics.receipts) expect(String(value)).not.toContain(marker);
  else expect(headers?.[headerNames.deadLetterDetail]).not.toContain(marker);
}

function takeAll(
  model: ReadModel,
  written: readonly Pick<ProducedRecord, 'topic' | 'value' | 'headers'>[],
  partition = 0,
): void {
  for (const [topic, ofTopic] of Map.groupBy(written, (record) => record.topic))
    model.apply(
      topic,
      partition,
      ofTopic.map(({ value, headers = {} }, offset) => ({
        ...aRecord(topic, offset, Buffer.from(value ?? ''), headers),
        partition,
      })),
    );
}

function aRecord(
  topic: string,
  offset: number,
  value: Buffer,
  headers: Readonly<Record<string, string>>,
): ConsumedRecord {
  return { topic, partition: 0, offset, timestampMs: 1_767_312_000_000, key: null, value, headers };
}

const anAuditEntry = {
  topic: topics.audit,
  value: JSON.stringify({
    ...{ atMs: 1_767_312_000_000, who: 'Ada', from: '10.0.0.7', action: 'redrive', target: 'shop' },
  }),
};

/** Memory in use after garbage collection. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('mutated events on a real Kafka', () => {
  let pipeline: RunningPipeline;
  let opened: RunningConsole;
  const count = isLongForm ? 50_000 : 1_000;
  const patienceMs = isLongForm ? 600_000 : 40_000;

  beforeAll(async () => {
    pipeline = await RunningPipeline.start({ STATSIG_EVENT_TYPES: '*', SIMULATOR_KEYS: 'secret-test' });
    opened = await RunningConsole.start(pipeline.topics.prefix, {
      ...pipeline.env,
      PROJECT_ID: pipeline.projectId,
    });
  });

  afterAll(async () => {
    await opened.stop();
    await pipeline.stop();
  });

  it('do not stop a partition: valid events behind them are delivered and shown', async () => {
    const { names } = pipeline.topics;
    const bodies = fc.sample(fc.tuple(mutatedEvent, oddHeaders), count);
    for (let at = 0; at < count; at += 500) {
      const some = bodies.slice(at, at + 500);
      await pipeline.producer.send(
        some.flatMap(([value, headers], n) => [
          { topic: names.events, partition: n % 3, key: null, value, headers },
          // Topics that only the apps should write to.
          { topic: names.receipts, partition: n % 3, key: null, value, headers },
          { topic: deliveriesTopic(names, pipeline.projectId), partition: n % 3, key: null, value, headers },
          ...(n % 10 === 0 ? [{ topic: names.audit, key: null, value, headers }] : []),
        ]),
      );
    }
    const statuses = new Set<number>();
    for (let at = 0; at < 500; at += 50) {
      const responses = bodies.slice(at, at + 50).map(([body]) => pipeline.post(body.toString('latin1')));
      for (const { status } of await Promise.all(responses)) statuses.add(status);
    }
    expect(statuses).toEqual(new Set([200, 400]));

    const ids = Array.from({ length: 12 }, () => `good-${randomUUID()}`);
    await pipeline.producer.send(
      ids.map((id, n) => ({ topic: names.events, partition: n % 3, key: null, value: renewal(id, id) })),
    );
    await within(patienceMs, 'delivering the good events', pipeline.receiptsOf(ids, 'delivered'));
    for (const id of ids)
      await until(
        async () => {
          expect([id, await shownOutcome(id)]).toEqual([id, 'delivered']);
        },
        { timeoutMs: patienceMs },
      );
  });

  async function shownOutcome(id: string): Promise<unknown> {
    const response = await opened.get(`event?project=${pipeline.projectId}&id=${encodeURIComponent(id)}`);
    return response.ok ? ((await response.json()) as { outcome: unknown }).outcome : undefined;
  }
});
