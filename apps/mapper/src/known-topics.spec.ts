import { silentLogger } from '@app/testing';
import { KnownTopics } from './known-topics';

const tick = (): Promise<void> => jest.advanceTimersByTimeAsync(0).then(() => undefined);

describe('the known topics', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('are listed in the background from the first use on, every ten seconds', async () => {
    const list = jest.fn(() => Promise.resolve(new Set(['a'])));
    const onRefresh = jest.fn();
    const topics = new KnownTopics({ list }, silentLogger);
    topics.onRefresh(onRefresh);
    expect(list).not.toHaveBeenCalled();
    expect(topics.has('a')).toBeUndefined();
    await tick();
    expect(onRefresh).toHaveBeenCalledTimes(1);
    expect([topics.has('a'), topics.has('b')]).toEqual([true, false]);
    expect(list).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(list).toHaveBeenCalledTimes(2);
    topics.close();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('stay unchanged if they cannot be listed, and are unknown before the first success', async () => {
    const list = jest.fn<Promise<Set<string>>, []>().mockRejectedValueOnce(new Error('no broker'));
    const topics = new KnownTopics({ list }, silentLogger);
    expect(topics.has('a')).toBeUndefined();
    await tick();
    expect(topics.has('a')).toBeUndefined();
    expect(list).toHaveBeenCalledTimes(1);
    list.mockResolvedValueOnce(new Set(['a'])).mockRejectedValueOnce(new Error('no broker'));
    await jest.advanceTimersByTimeAsync(20_000);
    expect(list).toHaveBeenCalledTimes(3);
    expect(topics.has('a')).toBe(true);
    topics.close();
  });
});
