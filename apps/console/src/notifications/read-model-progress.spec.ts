import { ReadModelProgress } from './read-model-progress';

function setup() {
  let end = 5;
  let nowMs = 0;
  const positions = new Map([['events/0', 5]]);
  const clusterState = jest.fn(() =>
    Promise.resolve({ clusterId: 'c', ends: new Map([['events', new Map([[0, end]])]]) }),
  );
  const readLag = jest.fn((groups: readonly unknown[]) =>
    Promise.resolve(groups.map((): number | undefined => 1)),
  );
  const progress = new ReadModelProgress(
    { clusterState, readLag },
    { of: (topic, partition) => positions.get(`${topic}/${partition}`) },
    ['events'],
    (topic) => `group.${topic}`,
    () => nowMs,
  );
  return {
    clusterState,
    readLag,
    positions,
    progress,
    produce: (count: number) => {
      end += count;
    },
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('the progress of the read model', () => {
  it('is unknown at first, and current when everything was read that there was before', async () => {
    const { progress, produce } = setup();
    expect(await progress.isCurrent()).toBe(false);
    produce(3);
    expect(await progress.isCurrent()).toBe(true);
    expect(await progress.isCurrent()).toBe(false);
  });

  it('is current if the rest of a topic cannot be read, such as the end of a transaction', async () => {
    const { progress, readLag, positions } = setup();
    positions.set('events/0', 4);
    readLag.mockResolvedValue([0]);
    await progress.isCurrent();
    expect(await progress.isCurrent()).toBe(true);
    expect(readLag).toHaveBeenLastCalledWith([{ topic: 'events', groupId: 'group.events' }]);
  });

  it('is unknown if the previous call was long ago', async () => {
    const { progress, wait } = setup();
    await progress.isCurrent();
    wait(60_000);
    expect(await progress.isCurrent()).toBe(false);
    wait(10_000);
    expect(await progress.isCurrent()).toBe(true);
  });

  it('is unknown again after Kafka could not be read', async () => {
    const { progress, clusterState } = setup();
    await progress.isCurrent();
    clusterState.mockRejectedValueOnce(new Error('no broker'));
    await expect(progress.isCurrent()).rejects.toThrow('no broker');
    expect(await progress.isCurrent()).toBe(false);
    expect(await progress.isCurrent()).toBe(true);
  });
});
