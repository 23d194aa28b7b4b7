import { type IntegrationState } from '@app/integrations';
import {
  headerNames,
  KafkaUnavailableError,
  partitionOf,
  type ProducedRecord,
  RecordsRejectedError,
} from '@app/kafka';
import { silentLogger } from '@app/testing';
import { anIntegration, eventBody } from '../../../libs/mapping/test/mapping.builder';
import { batchOf, deliveriesIn, eventRecord, portsWith, profiles, topics } from '../test/stage.builder';
import { IntegrationLookup } from './integration-lookup';
import { mapBatch } from './mapper.stage';
import { DeferredProjects } from './deferred-projects';

const event = (id: string, fields = {}): object => eventBody({ id, ...fields });
const reasonsOf = (records: readonly ProducedRecord[]): unknown[] =>
  records
    .filter(({ topic }) => topic === topics.eventsDeadLetter)
    .map(({ headers }) => headers?.[headerNames.deadLetterReason]);
const receiptsIn = (records: readonly ProducedRecord[]): unknown[] =>
  records
    .filter(({ topic }) => topic === topics.receipts)
    .map(({ value }) => JSON.parse(String(value)) as unknown);

/** A producer that rejects records larger than `maxBytes`, in any topic. */
function rejecting(maxBytes: number): {
  written: ProducedRecord[];
  send: (records: readonly ProducedRecord[]) => Promise<void>;
} {
  const written: ProducedRecord[] = [];
  const isLarge = ({ value }: ProducedRecord): boolean => (value?.length ?? 0) > maxBytes;
  return {
    written,
    send: (records) => {
      written.push(...records.filter((record) => !isLarge(record)));
      const rejected = records.filter(isLarge).map((record) => ({ record, reason: 'too_large' as const }));
      return rejected.length === 0 ? Promise.resolve() : Promise.reject(new RecordsRejectedError(rejected));
    },
  };
}

describe('mapping a batch', () => {
  it('writes each delivery to the topic of its project, in the partition that its key has there', async () => {
    const ports = portsWith({
      profiles,
      integrations: {
        whenAny: () => Promise.resolve(true),
        refresh: () => Promise.resolve(),
        find: (projectId) => ({
          kind: 'ready',
          integration: anIntegration({ projectId, partitions: projectId === 'small' ? 1 : 12 }),
        }),
      },
    });
    const batch = batchOf([
      eventRecord(event('a')),
      eventRecord(event('b'), { projectId: 'small' }),
      eventRecord(event('c', { original_app_user_id: 'other', app_user_id: 'other' })),
    ]);
    await mapBatch(batch, ports);
    expect(ports.written.map(({ topic }) => topic)).toEqual([
      'statsig.deliveries.default',
      'statsig.deliveries.default',
      'statsig.deliveries.small',
    ]);
    expect(deliveriesIn(ports.written)).toEqual([
      { key: 'default:u', partition: partitionOf('default:u', 12), eventId: 'a' },
      { key: 'default:other', partition: partitionOf('default:other', 12), eventId: 'c' },
      { key: 'small:u', partition: 0, eventId: 'b' },
    ]);
    expect(new Set(batch.acked)).toEqual(new Set(batch.records));
  });

  it.each([true, false])(
    'looks up unknown customers only if the key is for lookups: %s',
    async (customers) => {
      const lookup = { revenueCatProjectId: 'proj1', apiKey: 'sk_1', customers };
      const asked: unknown[] = [];
      const ports = portsWith({
        profiles: {
          ...profiles,
          find: () => Promise.resolve({ pointers: new Map(), isKnown: () => false }),
        },
        integrations: {
          whenAny: () => Promise.resolve(true),
          refresh: () => Promise.resolve(),
          find: (projectId) => ({ kind: 'ready', integration: anIntegration({ projectId, lookup }) }),
        },
        lookup: {
          ask: (...request) => {
            asked.push(request);
            return Promise.resolve(new Map());
          },
        },
      });
      await mapBatch(batchOf([eventRecord(event('a'))]), ports);
      expect(asked).toEqual(customers ? [['default', lookup, ['u']]] : []);
    },
  );

  it('acks a record when its own deliveries are acknowledged, before those of other projects', async () => {
    let acknowledge: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      acknowledge = resolve;
    });
    const ports = portsWith({
      profiles,
      producer: { send: ([record]) => (record?.topic.endsWith('.slow') === true ? slow : Promise.resolve()) },
    });
    const batch = batchOf([eventRecord(event('a'), { projectId: 'slow' }), eventRecord(event('b'))]);
    const mapped = mapBatch(batch, ports);
    await new Promise(setImmediate);
    expect(batch.acked).toEqual([batch.records[1]]);
    acknowledge();
    await mapped;
    expect(batch.acked).toHaveLength(2);
  });

  it.each([
    ['a tombstone', null],
    ['no bytes', Buffer.alloc(0)],
  ])('dead-letters %s, with or without a key, and continues', async (_what, value) => {
    const ports = portsWith({ profiles });
    const batch = batchOf([
      eventRecord(event('a')),
      eventRecord(value, { key: Buffer.from('default:case-user') }),
      eventRecord(value),
      eventRecord(event('b')),
    ]);
    await mapBatch(batch, ports);
    expect(reasonsOf(ports.written)).toEqual(['not_json', 'not_json']);
    expect(deliveriesIn(ports.written).map(({ eventId }) => eventId)).toEqual(['a', 'b']);
    expect(batch.acked).toHaveLength(4);
  });

  it('reads records with the frame of a schema registry, and dead-letters those whose content is not JSON', async () => {
    const frame = Buffer.from([0, 0, 0, 0, 7]);
    const json = Buffer.concat([frame, Buffer.from(JSON.stringify(event('framed')))]);
    const avro = Buffer.concat([frame, Buffer.from([0x0e, 0x52, 0x45])]);
    const ports = portsWith({ profiles });
    await mapBatch(batchOf([eventRecord(json), eventRecord(avro)]), ports);
    expect(deliveriesIn(ports.written).map(({ eventId }) => eventId)).toEqual(['framed']);
    expect(reasonsOf(ports.written)).toEqual(['schema_registry_payload']);
  });

  it('delivers one side of a transfer if the other is a dead letter', async () => {
    const integrations = {
      find: () => ({ kind: 'ready' as const, integration: anIntegration({ format: 'log_event' }) }),
      whenAny: () => Promise.resolve(true),
      refresh: () => Promise.resolve(),
    };
    const ports = portsWith({ profiles, integrations });
    const transfer = event('t1', { type: 'TRANSFER', transferred_from: ['x'.repeat(200)], transferred_to: ['bob'], original_app_user_id: null }); // prettier-ignore
    const batch = batchOf([eventRecord(transfer)]);
    await mapBatch(batch, ports);
    expect(deliveriesIn(ports.written).map(({ eventId }) => eventId)).toEqual(['t1:to']);
    expect(reasonsOf(ports.written)).toEqual(['no_user']);
    expect(receiptsIn(ports.written)).toMatchObject([
      { eventId: 't1:from', sourceEventId: 't1', outcome: 'dead_lettered', reason: 'no_user' },
    ]);
    expect(batch.acked).toHaveLength(1);
  });

  it('ignores ids that the project blocks', async () => {
    const find = () => ({ kind: 'ready' as const, integration: anIntegration({ blockedIds: ['kiosk'] }) });
    const join = jest.fn(profiles.join);
    const ports = portsWith({
      profiles: { ...profiles, join },
      integrations: { find, whenAny: () => Promise.resolve(true), refresh: () => Promise.resolve() },
    });
    const named = { app_user_id: 'Kiosk', original_app_user_id: 'KIOSK' };
    await mapBatch(
      batchOf([
        eventRecord(event('a', { ...named, aliases: ['kiosk', 'maya'] })),
        eventRecord(event('b', { ...named, aliases: [] })),
      ]),
      ports,
    );
    expect(join.mock.calls[0]?.[1].map(({ ids }) => ids)).toEqual([['maya']]);
    expect(deliveriesIn(ports.written)).toMatchObject([
      { key: 'default:maya', eventId: 'a' },
      { key: 'default:b', eventId: 'b' },
    ]);
  });

  it('leaves the events of a project whose integration is unreadable, and learns nothing from them', async () => {
    const states: Record<string, IntegrationState> = {
      default: { kind: 'ready', integration: anIntegration() },
      sealed: { kind: 'unreadable', detail: 'wrong key' },
    };
    const join = jest.fn(profiles.join);
    const ports = portsWith({
      profiles: { ...profiles, join },
      integrations: {
        whenAny: () => Promise.resolve(true),
        refresh: () => Promise.resolve(),
        find: (projectId) => states[projectId] ?? { kind: 'absent' },
      },
    });
    const batch = batchOf([
      eventRecord(event('a'), { projectId: 'sealed' }),
      eventRecord(event('b')),
      eventRecord(event('c'), { projectId: 'sealed' }),
    ]);
    const mapped = mapBatch(batch, ports);
    // Immediately: only the first integration is awaited before.
    await Promise.resolve();
    expect(batch.left).toEqual([batch.records[0], batch.records[2]]);
    await mapped;
    expect(batch.acked).toEqual([batch.records[1]]);
    expect(deliveriesIn(ports.written).map(({ eventId }) => eventId)).toEqual(['b']);
    await mapBatch(batchOf([eventRecord(event('d'), { projectId: 'missing' })]), ports);
    expect(reasonsOf(ports.written)).toEqual(['no_integration']);
    expect(join.mock.calls.map(([projectId]) => projectId)).toEqual(['default']);
  });

  it('maps the events of an integration that was added after the last refresh', async () => {
    let isKnown = false;
    const ports = portsWith({
      profiles,
      integrations: {
        whenAny: () => Promise.resolve(true),
        refresh: () => {
          isKnown = true;
          return Promise.resolve();
        },
        find: () => (isKnown ? { kind: 'ready', integration: anIntegration() } : { kind: 'absent' }),
      },
    });
    await mapBatch(batchOf([eventRecord(event('a'))]), ports);
    expect(deliveriesIn(ports.written).map(({ eventId }) => eventId)).toEqual(['a']);
    expect(reasonsOf(ports.written)).toEqual([]);
  });

  it('leaves everything unacked if the partition is revoked before there is any integration', async () => {
    const ports = portsWith({
      profiles,
      integrations: {
        find: () => ({ kind: 'absent' }),
        whenAny: () => Promise.resolve(false),
        refresh: () => Promise.resolve(),
      },
    });
    const batch = batchOf([eventRecord(event('a'))]);
    await mapBatch(batch, ports);
    expect([...ports.written, ...batch.acked, ...batch.left]).toEqual([]);
  });
});

describe('records that are too large', () => {
  const manyAliases = Array.from({ length: 2_000 }, (_, n) => `${'x'.repeat(300)}-${n}`);

  it('become dead letters if head and body together exceed what the topic accepts', async () => {
    const ports = portsWith({ profiles });
    const large = eventRecord(event('large', { aliases: manyAliases }));
    expect(large.value?.length).toBeLessThan(ports.maxRecordBytes);
    const batch = batchOf([large, eventRecord(event('small'))]);
    await mapBatch(batch, ports);
    expect(reasonsOf(ports.written)).toEqual(['delivery_too_large']);
    expect(ports.written.find(({ topic }) => topic === topics.eventsDeadLetter)?.value).toEqual(large.value);
    expect(receiptsIn(ports.written)).toMatchObject([
      { eventId: 'large', outcome: 'dead_lettered', reason: 'delivery_too_large' },
    ]);
    expect(deliveriesIn(ports.written).map(({ eventId }) => eventId)).toEqual(['small']);
    expect(batch.acked).toHaveLength(2);
  });

  it('become dead letters if the broker rejects them, are not retried and do not delay others', async () => {
    const large = eventRecord(event('large', { product_id: 'x'.repeat(3_000) }));
    const producer = rejecting((large.value?.length ?? 0) + 100);
    const ports = portsWith({ profiles, producer });
    const batch = batchOf([eventRecord(event('a')), large, eventRecord(event('b'))]);
    await mapBatch(batch, ports);
    expect(deliveriesIn(producer.written).map(({ eventId }) => eventId)).toEqual(['a', 'b']);
    expect(reasonsOf(producer.written)).toEqual(['delivery_too_large']);
    expect(receiptsIn(producer.written)).toMatchObject([{ eventId: 'large', reason: 'delivery_too_large' }]);
    expect(batch.acked).toHaveLength(3);
  });

  it('are dead letters for one side of a transfer, while the other is delivered', async () => {
    const attributes = new Map([['plan', { value: 'x'.repeat(3_000), updatedAtMs: 1 }]]);
    const rich: typeof profiles = {
      ...profiles,
      join: (projectId, observations) =>
        profiles
          .join(projectId, observations)
          .then((known) =>
            known.map((profile, i) =>
              observations[i]?.ids[0] === 'rich' ? { ...profile, attributes } : profile,
            ),
          ),
    };
    const transfer = event('t', { type: 'TRANSFER', transferred_from: ['rich'], transferred_to: ['poor'] });
    const limits = [{ producer: rejecting(2_500) }, { maxRecordBytes: 2_500 }];
    for (const over of limits) {
      const ports = portsWith({ profiles: rich, ...over });
      const written = over.producer?.written ?? ports.written;
      await mapBatch(batchOf([eventRecord(transfer)]), ports);
      expect(deliveriesIn(written).map(({ eventId }) => eventId)).toEqual(['t:to']);
      expect(receiptsIn(written)).toMatchObject([
        { eventId: 't:from', sourceEventId: 't', reason: 'delivery_too_large' },
      ]);
      expect(reasonsOf(written)).toEqual(['delivery_too_large']);
    }
  });

  it('are one dead letter for a transfer if both sides are too large', async () => {
    const transfer = event('t', { type: 'TRANSFER', transferred_from: ['a'], transferred_to: ['b'], product_id: 'x'.repeat(3_000) }); // prettier-ignore
    for (const over of [{ producer: rejecting(3_500) }, { maxRecordBytes: 3_000 }]) {
      const ports = portsWith({ profiles, ...over });
      const written = over.producer?.written ?? ports.written;
      await mapBatch(batchOf([eventRecord(transfer)]), ports);
      expect(receiptsIn(written)).toMatchObject([{ eventId: 't', reason: 'delivery_too_large' }]);
      expect(reasonsOf(written)).toEqual(['delivery_too_large']);
    }
  });

  it('are truncated in the dead letter if the whole record is rejected', async () => {
    const producer = rejecting(70_000);
    const value = Buffer.from(`{"event":${'['.repeat(100_000)}`);
    const batch = batchOf([eventRecord(value)]);
    await mapBatch(batch, portsWith({ profiles, producer }));
    expect(producer.written).toMatchObject([
      {
        topic: topics.eventsDeadLetter,
        headers: { [headerNames.deadLetterReason]: 'not_json', [headerNames.deadLetterTruncated]: 'true' },
      },
    ]);
    const written = producer.written[0]?.value as Buffer;
    expect(value.subarray(0, written.length).equals(written)).toBe(true);
    expect(batch.acked).toHaveLength(1);
  });

  it('are dropped if they are receipts', async () => {
    const integrations = {
      find: () => ({ kind: 'ready' as const, integration: anIntegration() }),
      whenAny: () => Promise.resolve(true),
      refresh: () => Promise.resolve(),
    };
    const batch = batchOf([eventRecord(event('a', { type: 'X' }))]);
    await mapBatch(batch, portsWith({ profiles, producer: rejecting(0), integrations }));
    expect(batch.acked).toHaveLength(1);
  });

  it('are not acked if the dead letter cannot be written in any size, and do not delay others', async () => {
    const producer = {
      send: (records: readonly ProducedRecord[]) => {
        const rejected = records
          .filter(({ topic }) => topic === topics.eventsDeadLetter)
          .map((record) => ({ record, reason: 'too_large' as const }));
        return rejected.length === 0 ? Promise.resolve() : Promise.reject(new RecordsRejectedError(rejected));
      },
    };
    const batch = batchOf([eventRecord(Buffer.from('no JSON')), eventRecord(event('a'))]);
    await expect(mapBatch(batch, portsWith({ profiles, producer }))).rejects.toThrow(RecordsRejectedError);
    expect(batch.acked).toEqual([batch.records[1]]);
    expect(batch.left).toEqual([]);
  });
});

describe('a project whose deliveries topic cannot be written', () => {
  /** A stage with the real lookup and deferred projects, whose producer cannot write to the topics of some projects. */
  function stageWith(...unwritable: string[]) {
    const broken = new Set(unwritable);
    const calls: ProducedRecord[][] = [];
    const send = (records: readonly ProducedRecord[]): Promise<void> => {
      calls.push([...records]);
      return records.some(({ topic }) => broken.has(topic.replace(topics.deliveriesPrefix, '')))
        ? Promise.reject(new KafkaUnavailableError('deadline'))
        : Promise.resolve();
    };
    const rereadLeft = jest.fn();
    const removed = new Set<string>();
    const registry = {
      find: (projectId: string): IntegrationState =>
        removed.has(projectId)
          ? { kind: 'absent' }
          : { kind: 'ready', integration: anIntegration({ projectId }) },
      whenAny: () => Promise.resolve(true),
      refresh: () => Promise.resolve(),
      onChange: () => () => true,
    };
    const lookup = new IntegrationLookup(registry, () => undefined, rereadLeft, silentLogger);
    const deferred = new DeferredProjects({
      lookup,
      integrations: registry,
      producer: { send },
      logger: silentLogger,
    });
    const ports = portsWith({ profiles, producer: { send }, integrations: lookup, deferred });
    return { ports, calls, broken, removed, rereadLeft };
  }
  const of = (projectId: string, id: string, fields = {}) => eventRecord(event(id, fields), { projectId });

  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('waits with its later events, and does not delay other projects', async () => {
    const { ports, calls } = stageWith('broken');
    const batch = batchOf([of('broken', 'a'), of('fine', 'b'), of('broken', 'c'), eventRecord(null)]);
    await mapBatch(batch, ports);
    expect(batch.left).toEqual([batch.records[0], batch.records[2]]);
    expect(batch.acked).toEqual([batch.records[1], batch.records[3]]);
    // One call for each project, so that its records are written, or expire, together.
    expect(calls.map((records) => records.map(({ topic }) => topic))).toEqual([
      ['statsig.deliveries.broken', 'statsig.deliveries.broken'],
      ['statsig.deliveries.fine'],
      [topics.eventsDeadLetter],
    ]);

    const later = batchOf([of('broken', 'd'), of('fine', 'e')]);
    await mapBatch(later, ports);
    expect(later.left).toEqual([later.records[0]]);
    expect(later.acked).toEqual([later.records[1]]);
  });

  it('continues when it can be written, after the left records are read again', async () => {
    const { ports, broken, rereadLeft } = stageWith('broken');
    await mapBatch(batchOf([of('broken', 'a'), of('fine', 'b')]), ports);
    broken.clear();
    expect(rereadLeft).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(rereadLeft).toHaveBeenCalledTimes(1);
    const again = batchOf([of('broken', 'a')]);
    await mapBatch(again, ports);
    expect(again.acked).toHaveLength(1);
  });

  it('is probed with its first delivery only, and no batch waits for the probe', async () => {
    const { ports, calls, rereadLeft } = stageWith('broken');
    await mapBatch(batchOf([of('broken', 'a'), of('fine', 'b'), of('broken', 'c')]), ports);
    calls.splice(0);
    await jest.advanceTimersByTimeAsync(600_000);
    const probes = calls.splice(0);
    expect(probes.length).toBeGreaterThan(10);
    for (const probe of probes) expect(deliveriesIn(probe)).toMatchObject([{ eventId: 'a' }]);
    expect(rereadLeft).not.toHaveBeenCalled();
    const later = batchOf([of('broken', 'd'), of('fine', 'e')]);
    await mapBatch(later, ports);
    expect(calls.flat().map(({ topic }) => topic)).toEqual(['statsig.deliveries.fine']);
    expect([later.left, later.acked]).toEqual([[later.records[0]], [later.records[1]]]);
  });

  it('is resumed if its integration is removed, and its events become dead letters', async () => {
    const { ports, calls, removed } = stageWith('broken');
    await mapBatch(batchOf([of('broken', 'a'), of('fine', 'b')]), ports);
    removed.add('broken');
    await jest.advanceTimersByTimeAsync(1_000);
    const again = batchOf([of('broken', 'a')]);
    await mapBatch(again, ports);
    expect(again.acked).toHaveLength(1);
    expect(reasonsOf(calls.flat())).toEqual(['no_integration']);
  });

  it('writes no receipts or dead letters while it waits', async () => {
    const { ports, calls } = stageWith('broken');
    const batch = batchOf([of('broken', 'a'), of('broken', 'b', { type: 'UNSELECTED' }), of('fine', 'c')]);
    await mapBatch(batch, ports);
    expect(batch.left).toEqual([batch.records[0], batch.records[1]]);
    expect(receiptsIn(calls.flat())).toEqual([]);
  });

  it('causes a retry of the batch if nothing else can be written either', async () => {
    const { ports } = stageWith('a', 'b');
    const batch = batchOf([of('a', '1'), of('b', '2')]);
    await expect(mapBatch(batch, ports)).rejects.toThrow(KafkaUnavailableError);
    expect([...batch.left, ...batch.acked]).toEqual([]);
  });

  it('also waits if it is alone in its batch, after another project was written', async () => {
    const { ports } = stageWith('broken');
    const batch = batchOf([of('broken', 'a')]);
    await expect(mapBatch(batch, ports)).rejects.toThrow(KafkaUnavailableError);
    await mapBatch(batchOf([of('fine', 'b')]), ports);
    await mapBatch(batch, ports);
    expect(batch.left).toEqual(batch.records);
  });
});
