import { FakeConsumers } from '@app/testing';
import { readTopic } from './read-topic';

const topic = 'events';

describe('readTopic', () => {
  let group: FakeConsumers;

  beforeEach(() => {
    group = new FakeConsumers(topic);
    group.partitions.set(0, { low: 0, high: 3 });
  });

  /** Begins to read, and returns the values visited so far with the promise of the end. */
  async function begin(): Promise<{ visited: string[]; reading: Promise<void> }> {
    const visited: string[] = [];
    const reading = readTopic(group.asKafka, topic, {}, ({ value }) => {
      visited.push(String(value));
    });
    while (!group.all[0]?.calls.includes('run')) await new Promise(setImmediate);
    return { visited, reading };
  }

  it('continues where it was if kafkajs restarts the consumer, because the coordinator is loading, for example', async () => {
    const { visited, reading } = await begin();
    group.last.crash(new Error('the coordinator is loading'), { restart: true });
    group.last.join(0);
    group.last.fetch(0, [0, 1]);
    while (visited.length < 2) await new Promise(setImmediate);
    group.last.crash(new Error('the broker is gone'), { restart: true });
    group.last.join(0);
    expect(group.last.calls.at(-1)).toBe('seek 0 to 2');
    group.last.fetch(0, [2]);
    await reading;
    expect(visited).toEqual(['0', '1', '2']);
  });

  it('rejects if kafkajs gives up', async () => {
    const { reading } = await begin();
    group.last.crash(new Error('not authorized'));
    await expect(reading).rejects.toThrow('not authorized');
  });
});
