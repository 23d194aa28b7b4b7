import { type ConsumedRecord, deadLetter, deliveriesTopic, topicNames } from '@app/kafka';
import { matches, placeOf, redriveRecord } from './dead-letter';
import { NewestDeadLetters } from './newest-dead-letters';
import { RedrivePlan } from './redrive-plan';

const topics = topicNames();
const context = { topics, defaultProjectId: 'default', partitions: new Map([['shop', 12]]) };

/** A record in a dead-letter topic. */
function deadLetterIn(topic: string, original: Partial<ConsumedRecord> = {}): ConsumedRecord {
  const record = {
    topic: deliveriesTopic(topics, 'shop'),
    partition: 3,
    offset: 7,
    key: Buffer.from('default:anna'),
    value: Buffer.from('{"event":{"id":"1","app_user_id":"anna"}}'),
    headers: { 'event-id': '1', 'x-mine': 'kept' },
    ...original,
  };
  const cause = { reason: 'statsig_400', detail: 'bad', stage: 'dispatcher', attempts: 1, atMs: 5 } as const;
  const { key, value, headers = {} } = deadLetter(topic, record, cause);
  const bytes = (given: Buffer | string | null): Buffer | null =>
    given === null ? null : Buffer.from(given);
  return { topic, partition: 1, offset: 42, timestampMs: 5, key: bytes(key), value: bytes(value), headers };
}

describe('a dead letter', () => {
  it('is redriven unchanged to its original topic and partition, with the place of the dead letter', () => {
    const letter = deadLetterIn(topics.deliveriesDeadLetter);
    expect(redriveRecord(letter, context)).toEqual({
      kind: 'record',
      record: {
        topic: deliveriesTopic(topics, 'shop'),
        partition: 3,
        key: Buffer.from('default:anna'),
        value: letter.value,
        headers: { 'event-id': '1', 'x-mine': 'kept', 'redrive-of': 'statsig.dead-letter/1/42' },
      },
    });
  });

  it('gets the key of its customer if ingest rejected it', () => {
    const letter = deadLetterIn(topics.eventsDeadLetter, { key: null, headers: { 'project-id': 'acme' } });
    expect(redriveRecord(letter, context)).toMatchObject({
      record: { topic: topics.events, key: 'acme:anna' },
    });
  });

  it('is not redriven if it was truncated or its project has no deliveries topic', () => {
    const letter = deadLetterIn(topics.eventsDeadLetter);
    const truncated = { ...letter, headers: { ...letter.headers, 'dead-letter-truncated': 'true' } };
    expect(redriveRecord(truncated, context)).toEqual({ kind: 'truncated' });
    const oversized = { ...letter, value: null, headers: { ...letter.headers, 'oversized-batch': '3-9' } };
    expect(redriveRecord(oversized, context)).toEqual({ kind: 'truncated' });
    const orphaned = deadLetterIn(topics.deliveriesDeadLetter, { topic: deliveriesTopic(topics, 'gone') });
    expect(redriveRecord(orphaned, context)).toEqual({ kind: 'unknown_project', projectId: 'gone' });
  });

  it('is matched by reason, event, stage, place and project', () => {
    const letter = deadLetterIn(topics.deliveriesDeadLetter);
    expect(matches(letter, { reason: 'statsig_400', event: '1', stage: 'dispatcher' })).toBe(true);
    expect(matches(letter, { place: placeOf(letter) })).toBe(true);
    expect(matches(letter, { reason: 'statsig_413' })).toBe(false);
    expect(matches(letter, { project: 'acme' })).toBe(false);
  });
});

describe('NewestDeadLetters', () => {
  it('keeps the newest in order of time, and counts all', () => {
    const newest = new NewestDeadLetters(3);
    for (let i = 0; i < 5_000; i += 1) {
      const timestampMs = (i * 7_919) % 5_000;
      newest.add({ ...deadLetterIn(topics.eventsDeadLetter), offset: i, timestampMs });
    }
    expect(newest.total).toBe(5_000);
    expect(newest.list().map(({ timestampMs }) => timestampMs)).toEqual([4_997, 4_998, 4_999]);
    expect(newest.list()[0]).toMatchObject({ project: '', event: '1', reason: 'statsig_400' });
  });
});

describe('RedrivePlan', () => {
  it('includes only dead letters that existed when it was made, without keeping their bytes', () => {
    const plan = new RedrivePlan();
    const letter = deadLetterIn(topics.deliveriesDeadLetter);
    plan.add(letter, redriveRecord(letter, context));
    plan.add({ ...letter, offset: 43 }, { kind: 'unknown_project', projectId: 'gone' });
    plan.add({ ...letter, offset: 44 }, { kind: 'truncated' });
    expect(plan.count).toBe(1);
    expect(plan.includes(letter)).toBe(true);
    expect(plan.includes({ ...letter, offset: 45 })).toBe(false);
    expect(plan.includes({ ...letter, partition: 2 })).toBe(false);
    expect(plan.exclusions()).toContain('1 were not sent again: project "gone"');
    expect(plan.exclusions()).toContain('1 were truncated');
  });
});
