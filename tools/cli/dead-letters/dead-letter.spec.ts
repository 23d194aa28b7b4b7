import { type ConsumedRecord, deadLetter, topicNames } from '@app/kafka';
import { matches, placeOf, redriven } from './dead-letter';

const topics = topicNames();

/** A record as it lies in a dead-letter topic after having been set aside. */
function setAside(topic: string, original: Partial<ConsumedRecord> = {}): ConsumedRecord {
  const record = {
    topic: topics.deliveries,
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
  it('goes back to where it came from as it was, and tells where it has been', () => {
    const letter = setAside(topics.deliveriesDeadLetter);
    expect(redriven(letter, topics, 'default')).toEqual({
      topic: topics.deliveries,
      key: Buffer.from('default:anna'),
      value: letter.value,
      headers: { 'event-id': '1', 'x-mine': 'kept', 'redrive-of': 'statsig.deliveries.dead-letter/1/42' },
    });
  });

  it('gets its customer’s key where it was refused at the door', () => {
    const letter = setAside(topics.eventsDeadLetter, { key: null, headers: { 'project-id': 'acme' } });
    expect(redriven(letter, topics, 'default')).toMatchObject({ topic: topics.events, key: 'acme:anna' });
  });

  it('does not go back where it is not whole any more', () => {
    const letter = setAside(topics.eventsDeadLetter, { value: Buffer.alloc(9 * 1024 * 1024) });
    expect(redriven(letter, topics, 'default')).toBeUndefined();
  });

  it('is found by what it is about', () => {
    const letter = setAside(topics.deliveriesDeadLetter);
    expect(matches(letter, { reason: 'statsig_400', event: '1', stage: 'dispatcher' })).toBe(true);
    expect(matches(letter, { place: placeOf(letter) })).toBe(true);
    expect(matches(letter, { reason: 'statsig_413' })).toBe(false);
    expect(matches(letter, { project: 'acme' })).toBe(false);
  });
});
