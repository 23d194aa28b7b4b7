import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SQLInputValue } from 'node:sqlite';
import { type ConsumedRecord } from '@app/kafka';
import { emptyModel } from '../../test/empty-model';
import { Records, startMs, topics } from '../../test/records';
import { snapshotOf } from '../../test/snapshot';
import { Erasure } from './erasure';
import { type ReadModel } from './read-model';

const marker = 'marker-of-ann@example.com';
const laterMs = startMs + 60_000;
/** The ids of the forgotten customer. */
const ann = ['ann', '12345'];

/** The pipeline's records about ann, which all contain the marker, and about bob. */
function sampleRecords(r: Records): ConsumedRecord[] {
  const many = Array.from({ length: 600 }, (_, i) => `other-${i}`);
  const attributes = { subscriber_attributes: { $email: { value: marker, updated_at_ms: startMs } } };
  const ofAnn = { app_user_id: 'ann', aliases: ['ann', `alias-${marker}`], ...attributes };
  const bob = { app_user_id: 'bob', aliases: ['bob'] };
  const event = r.event('e1', ofAnn);
  const transfer = { type: 'TRANSFER', app_user_id: undefined, aliases: undefined };
  const cut = Buffer.from(event.value?.toString('utf8', 0, 220) ?? '');
  const ofBob = Buffer.from('default:bob');
  return [
    event,
    // The first copy is stored, and it has another id.
    r.event('twice', { ...bob, product_id: marker }),
    r.event('twice', ofAnn, { 'received-at-ms': String(startMs + 1) }),
    r.event('transfer', { ...transfer, transferred_from: ['ann'], transferred_to: ['bob'], store: marker }),
    deliveryOf(r, 'e1'),
    deliveryOf(r, 'only-a-delivery'),
    r.event('crowd', {
      ...transfer,
      transferred_from: [...many, 'ann'],
      transferred_to: ['bob'],
      store: marker,
    }),
    r.event('only-the-key', { app_user_id: null, aliases: [], store: marker }),
    r.receipt('e1', { outcome: 'dead_lettered', reason: 'statsig_400', detail: marker }),
    r.receipt('e1', { outcome: 'retrying', reason: 'statsig_503', status: 503, detail: marker }),
    r.receipt('only-a-receipt', { outcome: 'dead_lettered', reason: 'statsig_400', detail: marker }),
    deadLetterOf(r, 'e1'),
    r.record(topics.eventsDeadLetter, cut, {
      'dead-letter-reason': 'too_large',
      'dead-letter-truncated': 'true',
    }),
    ...['null', marker, `{"event":{"app_user_id":12345,"email":"${marker}","x":"`].map((text) =>
      deadText(r, text, text.startsWith('{') ? ofBob : undefined),
    ),
    // Dead-lettered after the customer was forgotten, but received before.
    {
      ...deadText(r, marker),
      headers: { 'received-at-ms': String(startMs), 'dead-letter-at-ms': String(laterMs + 9) },
    },
    r.event('of-bob', bob),
    r.delivery('of-bob'),
    { ...r.receipt('of-bob', { outcome: 'delivered' }), key: ofBob },
    { ...r.deadLetter('of-bob'), key: ofBob },
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

/** A dead letter whose value is not a valid event. */
function deadText(r: Records, text: string, key = Buffer.from('default:ann')): ConsumedRecord {
  const record = r.record(topics.eventsDeadLetter, text, { 'dead-letter-reason': 'not_json' });
  return { ...record, key, value: text === 'null' ? null : record.value };
}

function applyAll(model: ReadModel, records: readonly ConsumedRecord[]): void {
  for (const record of records) model.apply(record.topic, record.partition, [record]);
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

  it('is no longer in any file of the read model, but other customers are', () => {
    const model = emptyModel(file);
    const r = new Records();
    applyAll(model, sampleRecords(r));
    expect(bytesOf()).toContain(marker);
    applyAll(model, [r.forget(ann, { atMs: laterMs })]);
    eraseAll(model);
    expect(bytesOf()).not.toContain(marker);
    expect(idsIn(model)).toEqual(['of-bob']);
    expect(model.db.all('SELECT DISTINCT event_id FROM dead_letters')).toEqual([{ event_id: 'of-bob' }]);
    expect(model.db.all('SELECT id FROM mentions')).toEqual([{ id: 'bob' }]);
    expect(model.db.all('SELECT 1 FROM audit')).toHaveLength(1);
    model.db.close();
  });

  it('stays erased when the read model is rebuilt, in whatever order the topics are read', () => {
    const r = new Records();
    const forget = () => r.forget(ann, { atMs: laterMs });
    const [before, after] = [emptyModel(), emptyModel()];
    // Excludes the event whose copies have different customers, because what is stored of it depends on the order.
    const records = sampleRecords(new Records()).filter(({ value }) => value?.includes('twice') !== true);
    applyAll(before, [forget(), ...records]);
    applyAll(after, [...records, forget()]);
    for (const model of [before, after]) eraseAll(model);
    const [first, second] = [snapshotOf(before), snapshotOf(after)];
    for (const name of ['mentions', 'bodies', 'deliveries', 'receipts', 'deadLetters', 'flow', 'projects'])
      expect([name, first[name]]).toEqual([name, second[name]]);
    expect(before.db.all('SELECT app_user_id FROM events WHERE app_user_id IS NOT NULL')).toEqual([
      { app_user_id: 'bob' },
    ]);
  });

  it('is shown again with events that arrive afterwards', () => {
    const model = emptyModel();
    const r = new Records();
    applyAll(model, [...sampleRecords(r), r.forget(ann, { atMs: laterMs })]);
    applyAll(model, [r.event('back', {}, { 'received-at-ms': String(laterMs + 1) })]);
    eraseAll(model);
    expect(idsIn(model)).toEqual(['back', 'of-bob']);
  });

  it('is erased completely even if the console restarts during the erasure', () => {
    const first = emptyModel(file);
    const r = new Records();
    applyAll(first, [...sampleRecords(r), r.forget(ann, { atMs: laterMs })]);
    new Erasure(first.db, first.forgotten).step();
    first.db.close();
    const second = emptyModel(file);
    eraseAll(second);
    expect(bytesOf()).not.toContain(marker);
    second.db.close();
  });

  it('is found without a scan of the events of other customers', () => {
    const model = emptyModel();
    applyAll(model, [...sampleRecords(new Records()), new Records().forget(ann, { atMs: laterMs })]);
    const statements = new Set<string>();
    for (const method of ['all', 'get'] as const) {
      const run = model.db[method].bind(model.db);
      jest.spyOn(model.db, method).mockImplementation((sql: string, ...values: SQLInputValue[]) => {
        statements.add(sql);
        return run(sql, ...values);
      });
    }
    eraseAll(model);
    jest.restoreAllMocks();
    const plans = [...statements].map((sql) =>
      model.db
        .all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...(sql.match(/\?/g)?.map(() => 0) ?? []))
        .map(({ detail }) => detail)
        .join('; '),
    );
    expect(plans.filter((plan) => /\bSCAN\b/.test(plan) && plan !== 'SCAN forgotten')).toEqual([]);
    // This index contains only events that cannot be found by the mentions of their ids.
    expect(plans.filter((plan) => plan.startsWith('SEARCH events'))).toEqual([
      expect.stringContaining('USING INDEX events_not_by_mention'),
    ]);
  });

  it('with many events is erased in several steps, and only up to the time of the request', () => {
    const model = emptyModel();
    const r = new Records();
    const before = Array.from({ length: 90 }, (_, i) => r.event(`before-${i}`));
    const later = Array.from({ length: 30 }, (_, i) =>
      r.event(`later-${i}`, {}, { 'received-at-ms': String(laterMs + 1) }),
    );
    applyAll(model, [...before, ...later, r.event('of-bob', { app_user_id: 'bob', aliases: [] })]);
    applyAll(model, [r.forget(['ann'], { atMs: laterMs })]);
    eraseAll(model);
    expect(idsIn(model)).toEqual([...later.map((_, i) => `later-${i}`), 'of-bob'].sort());
  });

  it('is not erased in another project', () => {
    const model = emptyModel();
    const r = new Records();
    applyAll(model, [r.event('e1', {}, { 'project-id': 'shop' }), r.forget(ann, { atMs: laterMs })]);
    eraseAll(model);
    expect(idsIn(model)).toEqual(['e1']);
  });
});
