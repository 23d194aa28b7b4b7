import { deliveriesTopic } from '@app/kafka';
import { emptyModel } from '../../test/empty-model';
import { Records, startMs, topics } from '../../test/records';
import { snapshotOf } from '../../test/snapshot';
import { type ReadModel } from './read-model';
import { Retention } from './retention';

const day = 86_400_000;
const limits = {
  keepMs: day,
  keepDeadLettersMs: 2 * day,
  keepAuditMs: 4 * day,
  keepEvents: 100,
  keepBytes: 2 ** 30,
};

function modelWith(count: number): ReadModel {
  const model = emptyModel();
  const r = new Records();
  for (let i = 0; i < count; i += 1) {
    const headers = { 'received-at-ms': String(startMs + i) };
    model.apply(topics.events, 0, [r.event(`e${i}`, { aliases: ['ann', `alias-${i}`] }, headers)]);
    model.apply(deliveriesTopic(topics, 'default'), 0, [r.delivery(`e${i}`)]);
    model.apply(topics.receipts, 0, [r.receipt(`e${i}`, { outcome: 'delivered' })]);
  }
  model.apply(topics.deliveriesDeadLetter, 0, [r.deadLetter('dead')]);
  model.apply(topics.audit, 0, [r.audit({})]);
  return model;
}

describe('retention', () => {
  it('keeps everything within its limits', () => {
    const model = modelWith(5);
    const before = snapshotOf(model);
    expect(new Retention(model, limits).step(startMs + day / 2)).toBe(false);
    expect(snapshotOf(model)).toEqual(before);
  });

  it('removes old events with everything that belongs to them, later dead letters, and last audit records', () => {
    const model = modelWith(5);
    const retention = new Retention(model, limits);
    retention.step(startMs + day + 60_000);
    retention.step(startMs + day + 60_000);
    const { positions, deadLetters, audit, ...rest } = snapshotOf(model);
    expect(deadLetters).toHaveLength(1);
    expect(audit).toHaveLength(1);
    expect(positions).not.toHaveLength(0);
    expect(Object.entries(rest).filter(([name, rows]) => name !== 'projects' && rows.length > 0)).toEqual([]);
    expect(model.db.get('SELECT count(*) AS n FROM mentions')).toEqual({ n: 0 });
    retention.step(startMs + 3 * day);
    expect(snapshotOf(model)['deadLetters']).toEqual([]);
    retention.step(startMs + 5 * day);
    expect(snapshotOf(model)['audit']).toEqual([]);
  });

  it('removes the oldest events if there are too many', () => {
    const model = modelWith(5);
    new Retention(model, { ...limits, keepEvents: 2 }).step(startMs + 1_000);
    expect(model.db.all('SELECT event_id FROM events ORDER BY at_ms')).toEqual([
      { event_id: 'e3' },
      { event_id: 'e4' },
    ]);
  });

  it('removes the oldest events if everything takes too much space, or dead letters if they take more than half', () => {
    const model = modelWith(3);
    const r = new Records();
    const large = (id: string, offset: number) => ({
      ...r.deadLetter(id),
      value: Buffer.alloc(200_000, 'x'),
      offset,
    });
    for (let i = 0; i < 100; i += 1)
      model.apply(topics.deliveriesDeadLetter, 0, [large(`large-${i}`, i + 1)]);
    const keepBytes = 10_000_000;
    const retention = new Retention(model, { ...limits, keepBytes });
    while (retention.step(startMs + 1_000));
    expect(model.db.usedBytes).toBeLessThanOrEqual(keepBytes);
    expect(model.db.all('SELECT 1 FROM events')).toHaveLength(3);
    expect(model.db.get('SELECT count(*) AS n FROM dead_letters')).not.toEqual({ n: 0 });
    const events = Array.from({ length: 100 }, (_, i) =>
      r.event(`wide-${i}`, { padding: 'x'.repeat(200_000) }, { 'received-at-ms': String(startMs + 100 + i) }),
    );
    for (const event of events) model.apply(topics.events, 0, [{ ...event, offset: event.offset + 10 }]);
    while (retention.step(startMs + 1_000));
    expect(model.db.usedBytes).toBeLessThanOrEqual(keepBytes);
    expect(model.db.get("SELECT 1 AS n FROM events WHERE event_id = 'wide-99'")).toEqual({ n: 1 });
  });

  it('removes kinds that no event has any more', () => {
    const model = modelWith(1);
    const retention = new Retention(model, limits);
    while (retention.step(startMs + 3 * day));
    retention.step(startMs + 3 * day);
    expect(model.kinds.all()).toEqual([]);
  });

  it('leaves no mention of an event that arrived twice with different ids', () => {
    const model = modelWith(0);
    const r = new Records();
    model.apply(topics.events, 0, [r.event('e'), r.event('e', { app_user_id: 'private@example.com' })]);
    new Retention(model, limits).step(startMs + 3 * day);
    expect(model.db.all('SELECT * FROM mentions')).toEqual([]);
  });
});
