import { ConfigError, readConfig } from '@app/platform';
import { dispatcherConfig } from './dispatcher.config';

const read = (env: Record<string, string>) => readConfig(dispatcherConfig, env);

describe("the dispatcher's settings", () => {
  it('all have defaults', () => {
    expect(read({})).toMatchObject({ STATSIG_MAX_IN_FLIGHT: 64, DISPATCHER_ON_AMBIGUOUS: 'retry' });
  });

  it('are rejected if a lease is shorter than three request timeouts', () => {
    const requests = { STATSIG_REQUEST_TIMEOUT: '15s' };
    expect(() => read({ ...requests, DISPATCHER_LEASE: '44999ms' })).toThrow(ConfigError);
    expect(() => read({ ...requests, DISPATCHER_LEASE: '44999ms' })).toThrow(
      /DISPATCHER_LEASE: must be at least 45s.*STATSIG_REQUEST_TIMEOUT/,
    );
    expect(read({ ...requests, DISPATCHER_LEASE: '45s' }).DISPATCHER_LEASE).toBe(45_000);
  });

  it.each(['TOPIC_RETENTION', 'TOPIC_DELIVERIES_RETENTION', 'TOPIC_DEAD_LETTER_RETENTION'])(
    'are rejected if delivered ids expire before %s plus a segment',
    (retention) => {
      const window = { DISPATCHER_DEDUPLICATION_WINDOW: '100d', TOPIC_SEGMENT_AGE: '1d' };
      const tooShort = { ...window, [retention]: `${99 * 24 + 1}h` };
      expect(() => read(tooShort)).toThrow(new RegExp(`DISPATCHER_DEDUPLICATION_WINDOW.*${retention}`, 's'));
      expect(read({ ...window, [retention]: '50d' })).toBeDefined();
    },
  );

  it('are rejected if a segment may keep records for longer than the deduplication window', () => {
    expect(() => read({ TOPIC_SEGMENT_AGE: '10d' })).toThrow('DISPATCHER_DEDUPLICATION_WINDOW');
  });

  it('are rejected if delivered ids may expire while a copy waits in both topics', () => {
    const retentions = {
      TOPIC_RETENTION: '7d',
      TOPIC_DELIVERIES_RETENTION: '30d',
    };
    const withWindow = (days: number) => ({
      ...retentions,
      TOPIC_SEGMENT_AGE: '1d',
      DISPATCHER_DEDUPLICATION_WINDOW: `${days}d`,
    });
    expect(() => read(withWindow(38))).toThrow('DISPATCHER_DEDUPLICATION_WINDOW: must be at least 39d');
    expect(read(withWindow(39))).toBeDefined();
  });
});
