import { deliveriesTopic, type ConsumedRecord } from '@app/kafka';
import { silentLogger } from '@app/testing';
import fc from 'fast-check';
import { emptyModel } from '../../test/empty-model';
import { Records, startMs, topics } from '../../test/records';
import { AuditTrail } from '../audit/audit-trail';
import { DeadLetters } from '../dead-letters/dead-letters';
import { EventDetails } from '../events/event-details';
import { EventList } from '../events/event-list';
import { type ReadModel } from './read-model';

const deliveries = deliveriesTopic(topics, 'default');
const everyTopic = [
  topics.events,
  deliveries,
  topics.receipts,
  topics.eventsDeadLetter,
  topics.deliveriesDeadLetter,
  topics.audit,
];

/** Runs every query of the pages. */
function readEverything(model: ReadModel): void {
  const { events } = new EventList(model).page({}, undefined, 500);
  for (const { project, eventId } of events) new EventDetails(model).find(project, eventId);
  for (const group of new DeadLetters(model).groups())
    for (const { id } of new DeadLetters(model).page(group, undefined, 500).deadLetters)
      new DeadLetters(model).find(id);
  new AuditTrail(model).page({}, undefined, 500);
  new AuditTrail(model).facets();
}

const json = fc.json({ maxDepth: 3 });
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\ud800', '\udfff\ud800', '\u0000', 'a'.repeat(5_000), '1e400', '__proto__', ''),
);
const number = fc.oneof(
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(1e16, -1e16, 9_223_372_036_854_775_807, 1e300, -1, Number.MAX_VALUE),
);
const anything = fc.oneof(
  json.map((value) => JSON.parse(value) as unknown),
  text,
  number,
);

/** Values of every topic, with members of any type in any place. */
const value: fc.Arbitrary<string> = fc.oneof(
  text,
  json,
  fc.record({ event: fc.record({ id: text, type: anything, app_user_id: anything, price: anything, environment: anything, event_timestamp_ms: anything, aliases: anything, subscriber_attributes: anything }, { requiredKeys: ['id'] }) }).map((envelope) => JSON.stringify(envelope)),
  fc.record({ eventId: anything, sourceEventId: anything, projectId: anything, type: anything, format: fc.constantFrom('revenuecat', 'log_event', 'other'), environment: anything, eventTimeMs: anything, customer: anything, receivedAtMs: anything, body: anything }, { requiredKeys: ['body'] }).map((delivery) => JSON.stringify(delivery)),
  fc.record({ eventId: text, projectId: text, sourceEventId: anything, type: text, outcome: fc.constantFrom('delivered', 'retrying', 'filtered', 'dead_lettered', 'duplicate'), attempt: number, status: anything, detail: anything, sinceReceivedMs: number, latencyMs: number, nextAttemptAtMs: number, atMs: number }, { requiredKeys: ['eventId', 'projectId', 'outcome', 'attempt', 'atMs'] }).map((receipt) => JSON.stringify(receipt)),
  fc.record({ atMs: number, who: text, from: text, action: fc.constantFrom('forget', 'redrive'), target: text, detail: anything, failure: anything }, { requiredKeys: ['atMs', 'who', 'from', 'action', 'target'] }).map((entry) => JSON.stringify(entry)),
); // prettier-ignore

const headers = fc.dictionary(
  fc.constantFrom('project-id', 'received-at-ms', 'event-id', 'redrive-of', 'dead-letter-reason', 'dead-letter-stage', 'dead-letter-at-ms', 'dead-letter-attempts', 'dead-letter-topic', 'source'),
  fc.oneof(text, number.map(String), fc.constant('statsig.dead-letter/0/99999999999999999999')),
); // prettier-ignore

const poison = fc.record({
  topic: fc.constantFrom(...everyTopic),
  timestampMs: number,
  key: fc.option(text.map((key) => Buffer.from(key))),
  value: fc.option(value.map((bytes) => Buffer.from(bytes))),
  headers,
});

describe('no record stops the read model', () => {
  it('whatever a topic contains: later records are stored, and every page can be read', () => {
    fc.assert(
      fc.property(fc.array(poison, { maxLength: 8 }), (records) => {
        const model = emptyModel();
        for (const topic of everyTopic) {
          const ofTopic = records.filter((record) => record.topic === topic);
          const batch = ofTopic.map((record, offset): ConsumedRecord => ({
            ...record,
            partition: 0,
            offset,
          }));
          model.apply(topic, 0, batch);
          expect(model.positions.of(topic, 0) ?? 0).toBe(batch.length);
        }
        readEverything(model);
        const good = { ...new Records().event('good'), offset: 1_000 };
        model.apply(topics.events, 0, [good]);
        expect(new EventDetails(model).find('default', 'good')).toBeDefined();
      }),
      { numRuns: 400 },
    );
  });

  it.each<[string, ConsumedRecord[]]>([
    [
      'types of receipts that are the same text in UTF-8',
      ['\ud800', '\ud801'].map((type, i) => new Records().receipt(`e${i}`, { outcome: 'filtered', type })),
    ],
    ['a time that SQLite cannot hold exactly', [{ ...new Records().event('late'), timestampMs: 2 ** 62 }]],
  ])('%s: are stored, not skipped', (_what, records) => {
    const model = emptyModel();
    const batch = records.map((record, offset) => ({ ...record, offset }));
    model.apply(batch[0]?.topic ?? '', 0, batch);
    expect(model.skipped.list()).toEqual([]);
    expect(model.db.all('SELECT * FROM events')).toHaveLength(batch.length);
    readEverything(model);
  });
});

describe('a record that cannot be stored', () => {
  const failingFor = (eventId: string, error: Error) => {
    const logger = silentLogger.child({});
    const logged = jest.spyOn(logger, 'error').mockImplementation(() => undefined);
    const model = emptyModel(':memory:', logger);
    const { run } = model.db;
    jest.spyOn(model.db, 'run').mockImplementation((sql, ...values) => {
      if (values.includes(eventId)) throw error;
      return run.call(model.db, sql, ...values);
    });
    // Events are inserted with RETURNING, and so with `get`.
    const { get } = model.db;
    jest.spyOn(model.db, 'get').mockImplementation((sql: string, ...values) => {
      if (sql.startsWith('INSERT') && values.includes(eventId)) throw error;
      return get.call(model.db, sql, ...values);
    });
    return { model, logged };
  };
  const batch = () => {
    const r = new Records();
    return [r.event('a'), r.event('bad'), r.event('c')];
  };
  const sqliteError = (errcode: number, message: string) =>
    Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode });

  it('is skipped, counted, shown and logged once; the others of its batch are stored', () => {
    const { model, logged } = failingFor('bad', new TypeError('unexpected value'));
    model.apply(topics.events, 0, batch());
    model.apply(topics.events, 0, batch());
    expect(model.db.all('SELECT event_id FROM events ORDER BY 1')).toEqual([
      { event_id: 'a' },
      { event_id: 'c' },
    ]);
    expect(model.positions.of(topics.events, 0)).toBe(3);
    expect(model.skipped.list()).toEqual([
      {
        topic: topics.events,
        count: 1,
        partition: 0,
        offset: 1,
        atMs: startMs + 1,
        error: 'unexpected value',
      },
    ]);
    expect(logged).toHaveBeenCalledTimes(1);
    expect(model.db.get('SELECT received FROM flow WHERE step_ms = 10000')).toEqual({ received: 2 });
  });

  it('is skipped alone if batches of other partitions share its transaction', async () => {
    const { model } = failingFor('bad', new TypeError('unexpected value'));
    const records = new Records();
    const batches = [batch(), [records.event('d')], [records.receipt('a', { outcome: 'delivered' })]];
    await Promise.all(
      batches.map((ofPartition, partition) =>
        model.applyBatch({
          topic: ofPartition[0]?.topic ?? '',
          partition,
          records: ofPartition.map((record, offset) => ({ ...record, partition, offset })),
          signal: new AbortController().signal,
          ack: () => undefined,
          leave: () => undefined,
        }),
      ),
    );
    expect(model.db.all('SELECT event_id FROM events ORDER BY 1').map((row) => row['event_id'])).toEqual(['a', 'c', 'd']); // prettier-ignore
    expect(model.skipped.list()).toMatchObject([{ count: 1, partition: 0, offset: 1 }]);
    expect(model.db.all('SELECT 1 FROM receipts')).toHaveLength(1);
  });

  it('is skipped if SQLite rejects the record itself', () => {
    const { model } = failingFor('bad', sqliteError(2067, 'UNIQUE constraint failed'));
    model.apply(topics.events, 0, batch());
    expect(model.db.all('SELECT 1 FROM events')).toHaveLength(2);
  });

  it('is not skipped if the disk is full: nothing is stored until there is space again', () => {
    const { model } = failingFor('bad', sqliteError(13, 'database or disk is full'));
    expect(() => {
      model.apply(topics.events, 0, batch());
    }).toThrow('disk is full');
    expect(model.positions.of(topics.events, 0)).toBeUndefined();
    expect(model.db.all('SELECT 1 FROM events')).toEqual([]);
    jest.restoreAllMocks();
    model.apply(topics.events, 0, batch());
    expect(model.db.all('SELECT 1 FROM events')).toHaveLength(3);
    expect(model.skipped.list()).toEqual([]);
  });
});

describe('what senders can increase', () => {
  it('is limited: the length of names, and the number of distinct types and projects', () => {
    const model = emptyModel();
    const r = new Records();
    const events = Array.from({ length: 12_000 }, (_, i) =>
      r.event(`e${i}`, { type: `${i}-${'t'.repeat(2_000)}` }, { 'project-id': `p${i}${'p'.repeat(300)}` }),
    );
    for (let at = 0; at < events.length; at += 500) model.apply(topics.events, 0, events.slice(at, at + 500));
    const kinds = model.kinds.all();
    expect(kinds.length).toBeLessThan(10_100);
    expect(Math.max(...kinds.map(({ type }) => type.length))).toBeLessThanOrEqual(100);
    expect(Math.max(...kinds.map(({ project }) => project.length))).toBeLessThanOrEqual(64);
    expect(new EventList(model).page({ types: ['(other)'] }, undefined, 10).events).toHaveLength(10);
    expect(model.db.get('SELECT count(*) AS n FROM events')).toEqual({ n: 12_000 });
    readEverything(model);
  });
});
