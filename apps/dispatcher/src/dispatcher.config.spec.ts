import { ConfigError, readConfig } from '@app/platform';
import { dispatcherConfig } from './dispatcher.config';

const day = 86_400_000;

const read = (env: Record<string, string>) => readConfig(dispatcherConfig, env);

describe("the dispatcher's settings", () => {
  it('all have defaults', () => {
    expect(read({})).toMatchObject({ STATSIG_MAX_IN_FLIGHT: 64, IF_MAYBE_DELIVERED: 'retry' });
  });

  it('are rejected if a lease is shorter than three request timeouts', () => {
    const requests = { STATSIG_REQUEST_TIMEOUT_MS: '15000' };
    expect(() => read({ ...requests, LEASE_MS: '44999' })).toThrow(ConfigError);
    expect(() => read({ ...requests, LEASE_MS: '44999' })).toThrow(/LEASE_MS.*STATSIG_REQUEST_TIMEOUT_MS/s);
    expect(read({ ...requests, LEASE_MS: '45000' }).LEASE_MS).toBe(45_000);
  });

  it.each(['TOPIC_RETENTION_MS', 'TOPIC_DELIVERIES_RETENTION_MS', 'TOPIC_DEAD_LETTER_RETENTION_MS'])(
    'are rejected if delivered ids expire before %s plus a segment',
    (retention) => {
      const window = { DEDUPLICATION_WINDOW_MS: String(100 * day), TOPIC_SEGMENT_MS: String(day) };
      const tooShort = { ...window, [retention]: String(99 * day + 1) };
      expect(() => read(tooShort)).toThrow(new RegExp(`DEDUPLICATION_WINDOW_MS.*${retention}`, 's'));
      expect(read({ ...window, [retention]: String(50 * day) })).toBeDefined();
    },
  );

  it('are rejected if a segment may keep records for longer than the deduplication window', () => {
    expect(() => read({ TOPIC_SEGMENT_MS: String(10 * day) })).toThrow('DEDUPLICATION_WINDOW_MS');
  });

  it('are rejected if delivered ids may expire while a copy waits in both topics', () => {
    const retentions = {
      TOPIC_RETENTION_MS: String(7 * day),
      TOPIC_DELIVERIES_RETENTION_MS: String(30 * day),
    };
    const withWindow = (days: number) => ({
      ...retentions,
      TOPIC_SEGMENT_MS: String(day),
      DEDUPLICATION_WINDOW_MS: String(days * day),
    });
    expect(() => read(withWindow(38))).toThrow('DEDUPLICATION_WINDOW_MS');
    expect(read(withWindow(39))).toBeDefined();
  });
});
