import { topicNames } from '@app/kafka';
import { silentLogger } from '@app/testing';
import { UnreadProjects } from './unread-projects';

const hour = 3_600_000;

function unread(...served: string[]) {
  const existing = new Set<string>(['revenuecat.events', 'statsig.dead-letter']);
  const calls: string[] = [];
  const clock = { nowMs: 0 };
  const list = jest.fn(() => Promise.resolve(existing));
  const refreshOffsets = jest.fn(({ groupId, topic }: { groupId: string; topic: string }) => {
    calls.push(`${groupId} ${topic}`);
    return Promise.resolve();
  });
  const projects = new UnreadProjects({
    existingTopics: { list },
    refreshOffsets,
    isServed: (projectId) => served.includes(projectId),
    topics: topicNames(),
    topicPrefix: '',
    nowMs: () => clock.nowMs,
    logger: silentLogger,
  });
  const add = (...projectIds: string[]): void => {
    for (const projectId of projectIds) existing.add(`statsig.deliveries.${projectId}`);
  };
  /** Runs one check; returns the groups and topics whose offsets it refreshed, with short topic names. */
  const check = async (): Promise<string[]> => {
    await projects.check();
    return calls.splice(0).map((call) => call.replaceAll('statsig.deliveries.', ''));
  };
  return { projects, existing, clock, list, refreshOffsets, add, check };
}

describe('the offsets of deliveries topics that are not read', () => {
  it('are refreshed only if this process has no dispatcher for the project', async () => {
    const { add, check } = unread('served');
    add('paused', 'served');
    expect(await check()).toEqual(['dispatcher.paused paused']);
  });

  it('are refreshed at the first check, and then every twelve hours', async () => {
    const { add, check, clock } = unread();
    add('paused');
    const refreshedAtHours: number[] = [];
    for (let hours = 0; hours <= 30; hours++) {
      clock.nowMs = hours * hour;
      if ((await check()).length > 0) refreshedAtHours.push(hours);
    }
    expect(refreshedAtHours).toEqual([0, 12, 24]);
  });

  it('are refreshed at the next check if that failed, and do not delay those of other topics', async () => {
    const { add, check, refreshOffsets } = unread();
    add('a', 'b');
    refreshOffsets.mockRejectedValueOnce(new Error('no coordinator'));
    expect(await check()).toEqual(['dispatcher.b b']);
    expect(await check()).toEqual(['dispatcher.a a']);
    expect(await check()).toEqual([]);
  });

  it('are still refreshed if listing the topics fails', async () => {
    const { add, check, clock, list } = unread();
    add('paused');
    await check();
    clock.nowMs = 13 * hour;
    list.mockRejectedValueOnce(new Error('a partition has no leader'));
    expect(await check()).toEqual(['dispatcher.paused paused']);
  });

  it('are no longer refreshed after the topic was deleted, and at once if it was created again', async () => {
    const { add, check, clock, existing } = unread();
    add('a');
    await check();
    existing.delete('statsig.deliveries.a');
    clock.nowMs = 13 * hour;
    expect(await check()).toEqual([]);
    add('a');
    expect(await check()).toEqual(['dispatcher.a a']);
  });

  it('are checked every minute until the dispatcher stops', async () => {
    jest.useFakeTimers();
    const { projects, list } = unread();
    projects.start();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(list).toHaveBeenCalledTimes(1);
    projects.close();
    await jest.advanceTimersByTimeAsync(600_000);
    expect(list).toHaveBeenCalledTimes(1);
    jest.useRealTimers();
  });
});
