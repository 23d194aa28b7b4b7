import { topicNames } from '@app/kafka';
import { silentLogger } from '@app/testing';
import { UnreadProjects } from './unread-projects';

const hour = 3_600_000;

function unread(dispatchers: Record<string, 'joining' | 'reading'> = {}) {
  const existing = new Set<string>(['revenuecat.events', 'statsig.dead-letter']);
  const calls: string[] = [];
  const clock = { nowMs: 0 };
  const log = (call: string): Promise<void> => {
    calls.push(call);
    return Promise.resolve();
  };
  const list = jest.fn(() => Promise.resolve(existing));
  const refreshOffsets = jest.fn(({ groupId, topic }) => log(`refresh ${groupId} ${topic}`));
  const report = jest.fn(({ topic }) => log(`report ${topic}`));
  const projects = new UnreadProjects({
    existingTopics: { list },
    unreadTopics: {
      report,
      forget: (topic) => void log(`forget ${topic}`),
      remove: (topic) => void log(`remove ${topic}`),
    },
    refreshOffsets,
    dispatcherOf: (projectId) => dispatchers[projectId] ?? 'absent',
    topics: topicNames(),
    topicPrefix: '',
    nowMs: () => clock.nowMs,
    logger: silentLogger,
  });
  const add = (...projectIds: string[]): void => {
    for (const projectId of projectIds) existing.add(`statsig.deliveries.${projectId}`);
  };
  /** Runs one check; returns its calls with short topic names. */
  const check = async (): Promise<string[]> => {
    await projects.check();
    return calls.splice(0).map((call) => call.replaceAll('statsig.deliveries.', ''));
  };
  return { projects, existing, clock, list, refreshOffsets, report, dispatchers, add, check };
}

describe('deliveries topics that are not read', () => {
  it('are reported if their consumer cannot join or does not exist', async () => {
    const { add, check } = unread({ served: 'reading', stuck: 'joining' });
    add('paused', 'served', 'stuck');
    expect(await check()).toEqual([
      'report paused',
      'refresh dispatcher.paused paused',
      'forget served',
      'report stuck',
    ]);
  });

  it('have their offsets refreshed at the first check, and then every twelve hours', async () => {
    const { add, check, clock } = unread();
    add('paused');
    const refreshedAtHours: number[] = [];
    for (let hours = 0; hours <= 30; hours++) {
      clock.nowMs = hours * hour;
      if ((await check()).some((call) => call.startsWith('refresh'))) refreshedAtHours.push(hours);
    }
    expect(refreshedAtHours).toEqual([0, 12, 24]);
  });

  it('have their offsets refreshed at the next check if that failed', async () => {
    const { add, check, refreshOffsets } = unread();
    add('paused');
    refreshOffsets.mockRejectedValueOnce(new Error('no coordinator'));
    expect(await check()).toEqual(['report paused']);
    expect(await check()).toEqual(['report paused', 'refresh dispatcher.paused paused']);
    expect(await check()).toEqual(['report paused']);
  });

  it('are still reported if listing the topics or reading another topic fails', async () => {
    const { add, check, list, report } = unread();
    add('a', 'b');
    await check();
    list.mockRejectedValueOnce(new Error('a partition has no leader'));
    report.mockRejectedValueOnce(new Error('no leader'));
    expect(await check()).toEqual(['report b']);
  });

  it('are no longer reported after they are deleted', async () => {
    const { add, check, existing } = unread();
    add('a', 'b');
    await check();
    existing.delete('statsig.deliveries.a');
    expect(await check()).toEqual(['remove a', 'report b']);
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
