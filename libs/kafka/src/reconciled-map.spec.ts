import { silentLogger, until } from '@app/testing';
import { ReconciledMap, type Runner } from './reconciled-map';

describe('ReconciledMap', () => {
  let wanted: () => Promise<Iterable<string>>;
  let log: string[];
  let failingStarts: number;
  let maps: ReconciledMap<Runner>[];
  let closing: () => Promise<void>;

  beforeEach(() => {
    wanted = () => Promise.resolve([]);
    log = [];
    failingStarts = 0;
    maps = [];
    closing = () => Promise.resolve();
  });

  afterEach(() => Promise.all(maps.map((map) => map.close())));

  /** By default, the interval is so long that only the test reconciles. */
  function mapOf(intervalMs = 3_600_000): ReconciledMap<Runner> {
    const map = new ReconciledMap<Runner>({
      wanted: () => wanted(),
      open: (key) => ({
        start: () => {
          log.push(`start ${key}`);
          return failingStarts-- > 0 ? Promise.reject(new Error('no broker')) : Promise.resolve();
        },
        close: async () => {
          log.push(`close ${key}`);
          await closing();
        },
      }),
      names: { keys: 'the keys', object: 'an object', field: 'key' },
      intervalMs,
      logger: silentLogger,
    });
    maps.push(map);
    return map;
  }

  it('runs one object for each wanted key', async () => {
    const map = mapOf();
    wanted = () => Promise.resolve(['a', 'b']);
    await map.start();
    wanted = () => Promise.resolve(['b', 'c']);
    await map.reconcile();
    expect([...map.entries()].map(([key]) => key)).toEqual(['b', 'c']);
    expect(log).toEqual(['start a', 'start b', 'close a', 'start c']);
  });

  it('sees changes without a notification', async () => {
    const map = mapOf(5);
    await map.start();
    wanted = () => Promise.resolve(['a']);
    await until(() => map.get('a') !== undefined);
    wanted = () => Promise.resolve([]);
    await until(() => map.get('a') === undefined);
    expect(log).toEqual(['start a', 'close a']);
  });

  it('changes nothing if the wanted keys cannot be read', async () => {
    const map = mapOf();
    wanted = () => Promise.resolve(['a']);
    await map.start();
    wanted = () => Promise.reject(new Error('Kafka cannot be reached'));
    await map.reconcile();
    expect(map.get('a')).toBeDefined();
    expect(log).toEqual(['start a']);
  });

  it('replaces an object that failed to start', async () => {
    const map = mapOf(5);
    failingStarts = 2;
    wanted = () => Promise.resolve(['a']);
    await map.start();
    await until(() => log.length === 5);
    expect(log).toEqual(['start a', 'close a', 'start a', 'close a', 'start a']);
  });

  it('starts no second object for a key before the first one is closed', async () => {
    const map = mapOf();
    wanted = () => Promise.resolve(['a']);
    await map.start();
    const { promise: closed, resolve: close } = Promise.withResolvers<undefined>();
    closing = async () => {
      await closed;
    };
    wanted = () => Promise.resolve([]);
    await map.reconcile();
    wanted = () => Promise.resolve(['a', 'b']);
    await map.reconcile();
    expect(log).toEqual(['start a', 'close a', 'start b']);
    close(undefined);
    await new Promise(setImmediate);
    await map.reconcile();
    expect(log.at(-1)).toBe('start a');
  });

  it('waits for every object to close, and starts none afterwards', async () => {
    const map = mapOf(5);
    wanted = () => Promise.resolve(['a']);
    await map.start();
    const { promise: mayClose, resolve: allowClose } = Promise.withResolvers<undefined>();
    closing = async () => {
      await mayClose;
    };
    let isClosed = false;
    const closed = map.close().then(() => {
      isClosed = true;
    });
    wanted = () => Promise.resolve(['a', 'b']);
    await until(() => log.includes('close a'));
    expect(isClosed).toBe(false);
    allowClose(undefined);
    await closed;
    expect(log).toEqual(['start a', 'close a']);
  });

  it('closes every object even if the wanted keys cannot be read, and starts none afterwards', async () => {
    const map = mapOf();
    wanted = () => Promise.resolve(['a']);
    await map.start();
    const { promise: unknown, resolve: becomeKnown } = Promise.withResolvers<string[]>();
    wanted = () => unknown;
    const reconciled = map.reconcile();
    await map.close();
    expect(log).toEqual(['start a', 'close a']);
    becomeKnown(['b']);
    await reconciled;
    expect(log).toEqual(['start a', 'close a']);
  });
});
