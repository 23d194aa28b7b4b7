import { setImmediate as nextTurn } from 'node:timers/promises';
import { deliveriesTopic, type ProducedRecord, RecordsRejectedError } from '@app/kafka';
import { emptyModel } from '../../test/empty-model';
import { Records, topics } from '../../test/records';
import { type ReadModel } from '../read-model/read-model';
import { DeadLetters } from './dead-letters';
import { Redrives } from './redrives';

function modelWith(...records: ReturnType<Records['record']>[]): ReadModel {
  const model = emptyModel();
  for (const record of records) model.apply(record.topic, record.partition, [record]);
  return model;
}

const context = () =>
  Promise.resolve({ topics, defaultProjectId: 'default', partitions: new Map([['default', 12]]) });

/** Accepts records in place of Kafka. */
class Outbox {
  readonly records: ProducedRecord[] = [];
  failure: Error | undefined;
  isTooLarge: (record: ProducedRecord) => boolean = () => false;

  send(records: readonly ProducedRecord[]): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const rejected = records.filter(this.isTooLarge);
    this.records.push(...records.filter((record) => !rejected.includes(record)));
    if (rejected.length === 0) return Promise.resolve();
    return Promise.reject(
      new RecordsRejectedError(rejected.map((record) => ({ record, reason: 'too_large' as const }))),
    );
  }
}

async function ended(redrives: Redrives): Promise<void> {
  while (redrives.running !== undefined) await nextTurn();
}

describe('a redrive', () => {
  it('writes the original bytes, key and headers back to the partition of origin, with a reference to the dead letter', async () => {
    const r = new Records();
    const letter = r.deadLetter('e1');
    const dead = { ...letter, headers: { ...letter.headers, 'dead-letter-partition': '7' } };
    const outbox = new Outbox();
    const redrives = new Redrives(new DeadLetters(modelWith(dead)), outbox, context);
    expect(redrives.begin({}, 1)).toMatchObject({ total: 1 });
    await ended(redrives);
    expect(outbox.records).toEqual([
      {
        topic: deliveriesTopic(topics, 'default'),
        partition: 7,
        key: dead.key,
        value: dead.value,
        headers: {
          'event-id': 'e1',
          'project-id': 'default',
          'redrive-of': 'statsig.dead-letter/0/0',
        },
      },
    ]);
  });

  it('redrives one group only', async () => {
    const r = new Records();
    const model = modelWith(
      r.deadLetter('e1', 'statsig_400'),
      r.deadLetter('e2', 'statsig_413'),
      r.deadLetter('e3', 'statsig_400'),
    );
    const outbox = new Outbox();
    const redrives = new Redrives(new DeadLetters(model), outbox, context);
    redrives.begin({ source: 'deliveries', stage: 'dispatcher', reason: 'statsig_400' }, 1);
    await ended(redrives);
    expect(outbox.records.map(({ headers }) => headers?.['event-id'])).toEqual(['e1', 'e3']);
    expect(redrives.list()).toMatchObject([{ state: 'finished', done: 2, total: 2 }]);
  });

  it('does not redrive a record that is not a valid event', () => {
    const r = new Records();
    const headers = { 'dead-letter-stage': 'ingest', 'dead-letter-reason': 'not_json' };
    const deadLetters = new DeadLetters(modelWith(r.record(topics.eventsDeadLetter, 'no json', headers)));
    expect(deadLetters.groups()).toMatchObject([{ reason: 'not_json', count: 1, redrivable: 0 }]);
    expect(deadLetters.countRedrivable({})).toBe(0);
  });

  it("adds the customer's key to a record that ingest rejected", async () => {
    const r = new Records();
    const { value } = r.event('e1');
    const headers = {
      'dead-letter-stage': 'ingest',
      'dead-letter-reason': 'wrong_content_type',
      'project-id': 'default',
    };
    const rejected = { ...r.record(topics.eventsDeadLetter, value ?? '', headers), key: null };
    const outbox = new Outbox();
    const redrives = new Redrives(new DeadLetters(modelWith(rejected)), outbox, context);
    redrives.begin({}, 1);
    await ended(redrives);
    expect(outbox.records).toMatchObject([{ topic: topics.events, key: 'default:ann' }]);
  });

  it('reports dead letters that cannot be sent, and sends all others', async () => {
    const r = new Records();
    const first = r.deadLetter('e1');
    const gone = r.deadLetter('e2');
    const orphaned = {
      ...gone,
      headers: { ...gone.headers, 'dead-letter-topic': deliveriesTopic(topics, 'gone') },
    };
    const outbox = new Outbox();
    outbox.isTooLarge = ({ headers }) => headers?.['event-id'] === 'e3';
    const model = modelWith(first, orphaned, r.deadLetter('e3'), r.deadLetter('e4'));
    const redrives = new Redrives(new DeadLetters(model), outbox, context);
    redrives.begin({}, 1);
    await ended(redrives);
    expect(outbox.records.map(({ headers }) => headers?.['event-id'])).toEqual(['e1', 'e4']);
    expect(redrives.list()).toMatchObject([{ state: 'finished', done: 2, excluded: 2, total: 4 }]);
    const { failure } = redrives.list()[0] ?? {};
    expect(failure).toContain('1 (project "gone" has no integration: add it first)');
    expect(failure).toContain('1 (larger than Kafka accepts (TOPIC_MAX_MESSAGE_BYTES))');
  });

  it('sends large dead letters in small batches, each once', async () => {
    const r = new Records();
    const large = (id: string, bytes: number) => ({ ...r.deadLetter(id), value: Buffer.alloc(bytes, id) });
    const mebibyte = 1024 * 1024;
    const sizes = [...Array<number>(20).fill(mebibyte), 9 * mebibyte, ...Array<number>(250).fill(100)];
    const outbox = new Outbox();
    const sent: number[] = [];
    const producer = {
      send: (records: readonly ProducedRecord[]) => {
        sent.push(records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0));
        return outbox.send(records);
      },
    };
    const model = modelWith(...sizes.map((bytes, i) => large(`e${String(i)}`, bytes)));
    const redrives = new Redrives(new DeadLetters(model), producer, context);
    redrives.begin({}, 1);
    await ended(redrives);
    expect(redrives.list()).toMatchObject([{ state: 'finished', done: sizes.length }]);
    expect(outbox.records.map(({ value }) => value?.length)).toEqual(sizes);
    expect(sent.filter((bytes) => bytes > 4 * mebibyte)).toEqual([9 * mebibyte]);
    expect(sent.length).toBeLessThan(15);
  });

  it('reports why it stopped, and leaves the other dead letters open', async () => {
    const outbox = new Outbox();
    outbox.failure = new Error('Kafka is unavailable');
    const deadLetters = new DeadLetters(modelWith(new Records().deadLetter('e1')));
    const redrives = new Redrives(deadLetters, outbox, context);
    redrives.begin({}, 1);
    await ended(redrives);
    expect(redrives.list()).toMatchObject([{ state: 'failed', done: 0, failure: 'Kafka is unavailable' }]);
    expect(deadLetters.openCount).toBe(1);
  });
});
