import { KeyedWorkers } from './keyed-workers';

describe('KeyedWorkers', () => {
  it('works on items with the same key one after another, and on others at once', async () => {
    const running = new Map<string, number>();
    let most = 0;
    const finished: string[] = [];
    const workers = new KeyedWorkers<string>(8, async (item) => {
      const key = item.slice(0, 1);
      running.set(key, (running.get(key) ?? 0) + 1);
      expect(running.get(key)).toBe(1);
      most = Math.max(
        most,
        [...running.values()].reduce((sum, count) => sum + count, 0),
      );
      await Promise.resolve();
      running.set(key, 0);
      finished.push(item);
    });
    for (let n = 0; n < 5; n += 1) for (const key of 'abcdefgh') await workers.add(key, `${key}${n}`);
    await workers.end();
    expect(finished.filter((item) => item.startsWith('a'))).toEqual(['a0', 'a1', 'a2', 'a3', 'a4']);
    expect(finished).toHaveLength(40);
    expect(most).toBeGreaterThan(1);
  });

  it('accepts only a few items ahead of the work', async () => {
    const unblock = Promise.withResolvers<undefined>();
    const workers = new KeyedWorkers<number>(1, () => unblock.promise);
    let added = 0;
    const all = (async () => {
      for (; added < 100; added += 1) await workers.add('key', added);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(added).toBe(16);
    unblock.resolve(undefined);
    await all;
    await workers.end();
    expect(added).toBe(100);
  });

  it('reports a failure', async () => {
    const workers = new KeyedWorkers<number>(1, () => Promise.reject(new Error('failed')));
    await workers.add('key', 1);
    await expect(workers.end()).rejects.toThrow('failed');
  });
});
