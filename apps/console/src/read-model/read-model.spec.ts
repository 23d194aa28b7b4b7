import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConsumedRecord } from '@app/kafka';
import fc from 'fast-check';
import { emptyModel } from '../../test/empty-model';
import { Records, startMs, topics } from '../../test/records';
import { snapshotOf } from '../../test/snapshot';
import { EventList } from '../events/event-list';
import { type ReadModel } from './read-model';
import { filteredEventsOf } from '../integrations/filtered-events';

function applyAll(model: ReadModel, records: readonly ConsumedRecord[]): void {
  for (const record of records) model.apply(record.topic, record.partition, [record]);
}

/** The pipeline's records of three events: a delivery after a failure with a duplicate, a filtered event, and a redriven dead letter. */
function sampleRecords(): ConsumedRecord[] {
  const r = new Records();
  const dead = r.deadLetter('e3');
  return [
    r.event('e1', { price: 4.99, product_id: 'pro' }),
    r.delivery('e1'),
    r.receipt('e1', {
      outcome: 'retrying',
      status: 503,
      reason: 'statsig_503',
      nextAttemptAtMs: startMs + 900,
    }),
    r.receipt('e1', { outcome: 'delivered', attempt: 2, status: 200, atMs: startMs + 950 }),
    r.event('e1', {}, { source: 'replay', 'received-at-ms': String(startMs + 5_000) }),
    r.receipt('e1', { outcome: 'duplicate', attempt: 0, atMs: startMs + 5_040 }),
    r.event('e2', { environment: 'SANDBOX', app_user_id: 'bob', aliases: ['bob', 'b2'] }),
    r.receipt('e2', { outcome: 'filtered', attempt: 0, reason: 'sandbox_excluded' }),
    r.event('e3'),
    r.receipt('e3', { outcome: 'dead_lettered', status: 400, reason: 'statsig_400' }),
    dead,
    { ...r.delivery('e3'), headers: { 'redrive-of': `${dead.topic}/${dead.partition}/${dead.offset}` } },
    r.audit({ action: 'redrive', target: 'statsig_400', detail: { reason: 'statsig_400' } }),
  ];
}

/** Returns the records in another order that keeps the order within each topic, as when partitions are read concurrently. */
function interleaved(records: readonly ConsumedRecord[], choices: readonly number[]): ConsumedRecord[] {
  const queues = [...Map.groupBy(records, ({ topic }) => topic).values()].map((queue) => [...queue]);
  return records.map((_, i) => {
    const ready = queues.filter(({ length }) => length > 0);
    const next = ready[(choices[i] ?? 0) % ready.length]?.shift();
    if (next === undefined) throw new Error('no records left');
    return next;
  });
}

describe('the read model', () => {
  it('has the status of each event', () => {
    const model = emptyModel();
    applyAll(model, sampleRecords());
    const { events } = new EventList(model).page({}, undefined, 10);
    expect(Object.fromEntries(events.map(({ eventId, outcome }) => [eventId, outcome]))).toEqual({
      e1: 'delivered',
      e2: 'filtered',
      e3: 'dead_lettered',
    });
  });

  it('is the same when it is rebuilt, in whatever order the partitions are read', () => {
    const first = emptyModel();
    applyAll(first, sampleRecords());
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 12, maxLength: 12 }), (choices) => {
        const again = emptyModel();
        applyAll(again, interleaved(sampleRecords(), choices));
        expect(snapshotOf(again)).toEqual(snapshotOf(first));
      }),
      { numRuns: 60 },
    );
  });

  it('counts each event once for each filter that left it out', () => {
    const model = emptyModel();
    const r = new Records();
    const rule = 'products.exclude "lifetime*"';
    const filtered = { outcome: 'filtered', attempt: 0, reason: 'filtered_by_rule', rule } as const;
    applyAll(model, [
      r.receipt('e1', filtered),
      r.receipt('e1', { ...filtered, atMs: startMs + 5_000 }),
      r.receipt('e2:from', { ...filtered, sourceEventId: 'e2' }),
      r.receipt('e2:to', { ...filtered, sourceEventId: 'e2' }),
      r.receipt('e3', { outcome: 'filtered', attempt: 0, reason: 'sandbox_excluded' }),
      r.receipt('e4', { outcome: 'delivered' }),
    ]);
    expect(filteredEventsOf(model.db, 'default')).toEqual({
      sinceMs: Date.UTC(2026, 0, 5),
      rules: [
        { reason: 'filtered_by_rule', rule, events: 2 },
        { reason: 'sandbox_excluded', rule: null, events: 1 },
      ],
    });
    expect(filteredEventsOf(model.db, 'other')).toEqual({ sinceMs: null, rules: [] });
  });

  it.each([
    ['PRODUCTION', 'PRODUCTION'],
    ['sandbox', 'SANDBOX'],
    ['TEST', 'SANDBOX'],
    [null, 'UNKNOWN'],
  ])('shows the environment %s of an event as %s', (environment, shown) => {
    const model = emptyModel();
    applyAll(model, [new Records().event('e1', { environment })]);
    expect(new EventList(model).page({}, undefined, 10).events).toMatchObject([{ environment: shown }]);
  });

  it('marks an event that arrived with different contents, in whatever order', () => {
    const r = new Records();
    const [first, same, other] = [
      r.event('e1', { price: 1 }),
      r.event('e1', { price: 1 }),
      r.event('e1', { price: 2 }),
    ];
    const differs = (...records: ConsumedRecord[]): unknown => {
      const model = emptyModel();
      for (const [partition, record] of records.entries()) model.apply(record.topic, partition, [record]);
      return model.db.get('SELECT times_received, content_differs FROM events');
    };
    expect(differs(first, same)).toEqual({ times_received: 2, content_differs: 0 });
    expect(differs(first, same, other)).toEqual({ times_received: 3, content_differs: 1 });
    expect(differs(other, first, same)).toEqual({ times_received: 3, content_differs: 1 });
  });

  it('counts nothing twice when records are read again', () => {
    const model = emptyModel();
    applyAll(model, sampleRecords());
    const before = snapshotOf(model);
    applyAll(model, sampleRecords());
    expect(snapshotOf(model)).toEqual(before);
  });

  it('continues after a restart', () => {
    const folder = mkdtempSync(join(tmpdir(), 'read-model-'));
    try {
      const file = join(folder, 'read-model.sqlite');
      const records = sampleRecords();
      const before = emptyModel(file);
      applyAll(before, records.slice(0, 7));
      const { id } = before.db;
      before.db.close();
      const after = emptyModel(file);
      // Kafka may return records again whose offsets were not committed.
      applyAll(after, records);
      const whole = emptyModel();
      applyAll(whole, records);
      expect(after.db.id).toBe(id);
      expect(snapshotOf(after)).toEqual(snapshotOf(whole));
      after.db.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('closes a dead letter when it is redriven, and counts a repeated receipt once', () => {
    const model = emptyModel();
    applyAll(model, sampleRecords());
    expect(model.db.get('SELECT is_open FROM dead_letters')).toEqual({ is_open: 0 });
    const r = new Records();
    const twice = emptyModel();
    applyAll(twice, [r.receipt('e1', { outcome: 'delivered' }), r.receipt('e1', { outcome: 'delivered' })]);
    expect(twice.db.get('SELECT delivered FROM flow WHERE step_ms = 10000')).toEqual({ delivered: 1 });
  });

  it('rejects positions of another cluster, and of a topic that was created again', () => {
    const model = emptyModel();
    applyAll(model, sampleRecords());
    model.db.setMeta('cluster', 'one');
    const ends = (end: number) => new Map([[topics.events, new Map([[0, end]])]]);
    expect(model.positions.problemOn({ clusterId: 'one', ends: ends(4) })).toBeUndefined();
    expect(model.positions.problemOn({ clusterId: 'two', ends: ends(4) })).toMatch(/another Kafka cluster/);
    expect(model.positions.problemOn({ clusterId: 'one', ends: ends(2) })).toMatch(/created again/);
  });
});
