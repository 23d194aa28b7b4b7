import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ProducedRecord } from '@app/kafka';
import { Records, topics } from '../../test/records';
import { Database } from '../read-model/database';
import { ReadModel } from '../read-model/read-model';
import { DeadLetters } from './dead-letters';
import { Redrives } from './redrives';

function modelWith(...records: ReturnType<Records['record']>[]): ReadModel {
  const model = new ReadModel(new Database(':memory:'), { topics, defaultProjectId: 'default' });
  for (const record of records) model.take(record.topic, record.partition, [record]);
  return model;
}

/** Takes what is produced, as Kafka would. */
class Outbox {
  readonly records: ProducedRecord[] = [];
  failure: Error | undefined;

  send(records: readonly ProducedRecord[]): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.records.push(...records);
    return Promise.resolve();
  }
}

async function ended(redrives: Redrives): Promise<void> {
  while (redrives.running !== undefined) await nextTurn();
}

describe('a redrive', () => {
  it('sends the original bytes, key and headers back to where they came from, and tells of what', async () => {
    const r = new Records();
    const dead = r.deadLetter('e1');
    const outbox = new Outbox();
    const redrives = new Redrives(new DeadLetters(modelWith(dead)), outbox, topics);
    expect(redrives.begin({}, 1)).toMatchObject({ total: 1 });
    await ended(redrives);
    expect(outbox.records).toEqual([
      {
        topic: topics.deliveries,
        key: dead.key,
        value: dead.value,
        headers: {
          'event-id': 'e1',
          'project-id': 'default',
          'redrive-of': 'statsig.deliveries.dead-letter/0/0',
        },
      },
    ]);
  });

  it('takes one group and leaves the others', async () => {
    const r = new Records();
    const model = modelWith(
      r.deadLetter('e1', 'statsig_400'),
      r.deadLetter('e2', 'statsig_413'),
      r.deadLetter('e3', 'statsig_400'),
    );
    const outbox = new Outbox();
    const redrives = new Redrives(new DeadLetters(model), outbox, topics);
    redrives.begin({ source: 'deliveries', stage: 'dispatcher', reason: 'statsig_400' }, 1);
    await ended(redrives);
    expect(outbox.records.map(({ headers }) => headers?.['event-id'])).toEqual(['e1', 'e3']);
    expect(redrives.list()).toMatchObject([{ state: 'finished', done: 2, total: 2 }]);
  });

  it('cannot take what never was an event', () => {
    const r = new Records();
    const headers = { 'dead-letter-stage': 'ingest', 'dead-letter-reason': 'not_json' };
    const deadLetters = new DeadLetters(modelWith(r.record(topics.eventsDeadLetter, 'no json', headers)));
    expect(deadLetters.groups()).toMatchObject([{ reason: 'not_json', count: 1, redrivable: 0 }]);
    expect(deadLetters.countRedrivable({})).toBe(0);
  });

  it('gives what was refused at the door its customer’s key', async () => {
    const r = new Records();
    const { value } = r.event('e1');
    const headers = {
      'dead-letter-stage': 'ingest',
      'dead-letter-reason': 'wrong_content_type',
      'project-id': 'default',
    };
    const refused = { ...r.record(topics.eventsDeadLetter, value ?? '', headers), key: null };
    const outbox = new Outbox();
    const redrives = new Redrives(new DeadLetters(modelWith(refused)), outbox, topics);
    redrives.begin({}, 1);
    await ended(redrives);
    expect(outbox.records).toMatchObject([{ topic: topics.events, key: 'default:ann' }]);
  });

  it('says why it stopped, and leaves the rest as it was', async () => {
    const outbox = new Outbox();
    outbox.failure = new Error('Kafka takes no records');
    const deadLetters = new DeadLetters(modelWith(new Records().deadLetter('e1')));
    const redrives = new Redrives(deadLetters, outbox, topics);
    redrives.begin({}, 1);
    await ended(redrives);
    expect(redrives.list()).toMatchObject([{ state: 'failed', done: 0, failure: 'Kafka takes no records' }]);
    expect(deadLetters.openCount).toBe(1);
  });
});
