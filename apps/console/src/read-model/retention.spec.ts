import { deliveriesTopic } from '@app/kafka';
import { Records, startMs, topics } from '../../test/records';
import { snapshotOf } from '../../test/snapshot';
import { Database } from './database';
import { ReadModel } from './read-model';
import { Retention } from './retention';

const day = 86_400_000;
const bounds = { keepMs: day, keepDeadLettersMs: 2 * day, keepAuditMs: 4 * day, keepEvents: 100 };

function modelWith(count: number): ReadModel {
  const model = new ReadModel(new Database(':memory:'), { topics, defaultProjectId: 'default' });
  const r = new Records();
  for (let i = 0; i < count; i += 1) {
    const headers = { 'received-at-ms': String(startMs + i) };
    model.take(topics.events, 0, [r.event(`e${i}`, { aliases: ['ann', `alias-${i}`] }, headers)]);
    model.take(deliveriesTopic(topics, 'default'), 0, [r.delivery(`e${i}`)]);
    model.take(topics.receipts, 0, [r.receipt(`e${i}`, { outcome: 'delivered' })]);
  }
  model.take(topics.deliveriesDeadLetter, 0, [r.deadLetter('dead')]);
  model.take(topics.audit, 0, [r.audit({})]);
  return model;
}

describe('retention', () => {
  it('keeps what is young and few', () => {
    const model = modelWith(5);
    const before = snapshotOf(model);
    expect(new Retention(model.db, bounds).step(startMs + day / 2)).toBe(false);
    expect(snapshotOf(model)).toEqual(before);
  });

  it('removes old events with all that belongs to them, dead letters later, and last who did what', () => {
    const model = modelWith(5);
    const retention = new Retention(model.db, bounds);
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

  it('removes the oldest of too many', () => {
    const model = modelWith(5);
    new Retention(model.db, { ...bounds, keepEvents: 2 }).step(startMs + 1_000);
    expect(model.db.all('SELECT event_id FROM events ORDER BY at_ms')).toEqual([
      { event_id: 'e3' },
      { event_id: 'e4' },
    ]);
  });
});
