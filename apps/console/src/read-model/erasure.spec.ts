import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConsumedRecord } from '@app/kafka';
import { emptyModel } from '../../test/empty-model';
import { Records, startMs, topics } from '../../test/records';
import { snapshotOf } from '../../test/snapshot';
import { Erasure } from './erasure';
import { type ReadModel } from './read-model';

const marker = 'marker-of-ann@example.com';
const laterMs = startMs + 60_000;

/** What the pipeline writes about ann, all of which has the marker, and about bob. */
function story(r: Records): ConsumedRecord[] {
  const attributes = { subscriber_attributes: { $email: { value: marker, updated_at_ms: startMs } } };
  const ann = { app_user_id: 'ann', aliases: ['ann', `alias-${marker}`], ...attributes };
  const bob = { app_user_id: 'bob', aliases: ['bob'] };
  const event = r.event('e1', ann);
  const transfer = { type: 'TRANSFER', app_user_id: undefined, aliases: undefined };
  const cut = Buffer.from(event.value?.toString('utf8', 0, 220) ?? '');
  return [
    event,
    // The copy that is kept is the first one, which names another id.
    r.event('twice', { ...bob, product_id: marker }),
    r.event('twice', ann, { 'received-at-ms': String(startMs + 1) }),
    r.event('transfer', { ...transfer, transferred_from: ['ann'], transferred_to: ['bob'], store: marker }),
    deliveryOf(r, 'e1'),
    deliveryOf(r, 'only-a-delivery'),
    r.receipt('e1', { outcome: 'dead_lettered', reason: 'statsig_400', detail: marker }),
    deadLetterOf(r, 'e1'),
    r.record(topics.eventsDeadLetter, cut, {
      'dead-letter-reason': 'too_large',
      'dead-letter-truncated': 'true',
    }),
    r.event('of-bob', bob),
    r.delivery('of-bob'),
    r.deadLetter('of-bob'),
  ];
}

function deliveryOf(r: Records, id: string): ConsumedRecord {
  const event = { id, type: 'RENEWAL', app_user_id: 'ann', email: marker };
  const record = r.delivery(id);
  const value = record.value?.toString().replace(/"body":.*$/, `"body":${JSON.stringify({ event })}}`) ?? '';
  return { ...record, value: Buffer.from(value) };
}

function deadLetterOf(r: Records, id: string): ConsumedRecord {
  return { ...r.deadLetter(id), value: deliveryOf(new Records(), id).value };
}

function takeAll(model: ReadModel, records: readonly ConsumedRecord[]): void {
  for (const record of records) model.take(record.topic, record.partition, [record]);
}

function eraseAll(model: ReadModel): void {
  const erasure = new Erasure(model.db, model.forgotten);
  while (erasure.step());
}

const idsIn = (model: ReadModel): unknown[] =>
  model.db.all('SELECT event_id FROM events ORDER BY 1').map(({ event_id }) => event_id);

describe('a customer who is forgotten', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'erasure-'));
    file = join(folder, 'read-model.sqlite');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const bytesOf = (): string =>
    ['', '-wal']
      .map((suffix) => (existsSync(file + suffix) ? readFileSync(file + suffix, 'latin1') : ''))
      .join();

  it('is in no file of the read model any more, and others are', () => {
    const model = emptyModel(file);
    const r = new Records();
    takeAll(model, story(r));
    expect(bytesOf()).toContain(marker);
    takeAll(model, [r.forget(['ann'], { atMs: laterMs })]);
    eraseAll(model);
    expect(bytesOf()).not.toContain(marker);
    expect(idsIn(model)).toEqual(['of-bob']);
    expect(model.db.all('SELECT DISTINCT event_id FROM dead_letters')).toEqual([{ event_id: 'of-bob' }]);
    expect(model.db.all('SELECT id FROM mentions')).toEqual([{ id: 'bob' }]);
    expect(model.db.all('SELECT 1 FROM audit')).toHaveLength(1);
    model.db.close();
  });

  it('stays out when the read model is built again, in whatever order the topics are read', () => {
    const r = new Records();
    const forget = () => r.forget(['ann'], { atMs: laterMs });
    const [before, after] = [emptyModel(), emptyModel()];
    // Of an event whose copies name two customers, what is kept of the other one depends on the order.
    const records = story(new Records()).filter(({ value }) => value?.includes('twice') !== true);
    takeAll(before, [forget(), ...records]);
    takeAll(after, [...records, forget()]);
    for (const model of [before, after]) eraseAll(model);
    const [first, second] = [snapshotOf(before), snapshotOf(after)];
    for (const name of ['mentions', 'bodies', 'deliveries', 'deadLetters'])
      expect([name, first[name]]).toEqual([name, second[name]]);
    expect(before.db.all('SELECT app_user_id FROM events WHERE app_user_id IS NOT NULL')).toEqual([
      { app_user_id: 'bob' },
    ]);
  });

  it('is shown again from what arrives afterwards', () => {
    const model = emptyModel();
    const r = new Records();
    takeAll(model, [...story(r), r.forget(['ann'], { atMs: laterMs })]);
    takeAll(model, [r.event('back', {}, { 'received-at-ms': String(laterMs + 1) })]);
    eraseAll(model);
    expect(idsIn(model)).toEqual(['back', 'of-bob']);
  });

  it('is erased to the end if the console stops in the middle', () => {
    const first = emptyModel(file);
    const r = new Records();
    takeAll(first, [...story(r), r.forget(['ann'], { atMs: laterMs })]);
    new Erasure(first.db, first.forgotten).step();
    first.db.close();
    const second = emptyModel(file);
    eraseAll(second);
    expect(bytesOf()).not.toContain(marker);
    second.db.close();
  });

  it('is in another project not the same customer', () => {
    const model = emptyModel();
    const r = new Records();
    takeAll(model, [r.event('e1', {}, { 'project-id': 'shop' }), r.forget(['ann'], { atMs: laterMs })]);
    eraseAll(model);
    expect(idsIn(model)).toEqual(['e1']);
  });
});
