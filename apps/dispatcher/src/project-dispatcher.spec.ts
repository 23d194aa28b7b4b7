import { type ClaimResult, type Verdict } from '@app/delivery';
import { type Integration } from '@app/integrations';
import { topicNames } from '@app/kafka';
import { silentLogger, until } from '@app/testing';
import { integration, pendingDelivery, projectId, type TestDelivery } from '../test/deliveries';
import { dispatchPolicy } from './dispatch-policy';
import { dispatcherConfig } from './dispatcher.config';
import { OutcomeWriter } from './outcome-writer';
import { ProjectDispatcher } from './project-dispatcher';

const accepted: Verdict = { kind: 'accepted' };
const rejected: Verdict = { kind: 'suspend', reason: 'statsig_401', detail: 'key rejected' };
const unavailable: Verdict = { kind: 'retry', reason: 'statsig_503', detail: '', ambiguous: false };
const lost: Verdict = { kind: 'retry', reason: 'statsig_timeout', detail: '', ambiguous: true };

/** In-memory fakes of all dependencies of a dispatcher. */
class Harness {
  readonly sent: string[] = [];
  /** Server secrets of the requests, in order. */
  readonly secrets: string[] = [];
  readonly ledger: string[] = [];
  readonly consumerCalls: string[] = [];
  readonly partition = new AbortController();
  claimResult: ClaimResult = 'claimed';
  markFailures = 0;
  verdict: (ids: string[], secret: string) => Verdict = () => accepted;
  waitsMs: number[] = [];
  looksAtClock = 0;
  integration: Integration | undefined = integration;
  readonly dispatcher: ProjectDispatcher;

  constructor(settings: Record<string, string> = {}) {
    const note =
      (what: string) =>
      (entries: readonly { eventId: string }[]): void => {
        this.ledger.push(...entries.map(({ eventId }) => `${what} ${eventId}`));
      };
    this.dispatcher = new ProjectDispatcher(projectId, {
      ledger: {
        claim: (entries) => Promise.resolve(entries.map(() => this.claimResult)),
        markDelivered: (entries) => {
          note('delivered')(entries);
          return Promise.resolve(entries.map(() => 'owned' as const));
        },
        markMaybeDelivered: (entries) => {
          if (this.markFailures-- > 0) return Promise.reject(new Error('READONLY'));
          note('maybe')(entries);
          return Promise.resolve();
        },
        release: (entries) => {
          note('release')(entries);
          return Promise.resolve();
        },
      },
      sender: {
        takeTurn: () => Promise.resolve(this.waitsMs.shift() ?? 0),
        send: async (events, secret) => {
          this.secrets.push(secret);
          await new Promise(setImmediate);
          const ids = events.map(({ eventId }) => eventId);
          this.sent.push(...ids);
          return { verdict: this.verdict(ids, secret) };
        },
        close: () => Promise.resolve(),
      },
      outcomes: new OutcomeWriter(projectId, { send: () => Promise.resolve() }, topicNames(), silentLogger),
      integration: () => this.integration,
      policy: dispatchPolicy(
        dispatcherConfig.parse({
          DISPATCHER_RETRY_BASE_DELAY: '1ms',
          DISPATCHER_SUSPENSION_MAX_INTERVAL: '1ms',
          ...settings,
        }),
      ),
      nowMs: () => {
        this.looksAtClock += 1;
        return performance.now();
      },
      logger: silentLogger,
    }).readFrom({
      start: () => Promise.resolve(),
      close: () => {
        this.partition.abort();
        return Promise.resolve();
      },
      pause: () => this.consumerCalls.push('pause'),
      resume: () => this.consumerCalls.push('resume'),
      rereadLeft: () => this.consumerCalls.push('reread'),
      isRereading: false,
      waitsForLeft: false,
      unackedBytes: 0,
      problem: undefined,
    });
  }

  deliver(...events: TestDelivery[]): Promise<void> {
    return this.dispatcher.deliver(events, this.partition.signal);
  }
}

describe('the dispatcher of a project', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('delivers, marks, then acks', async () => {
    const harness = new Harness();
    const events = ['anna/1', 'anna/2', 'ben/1'].map(pendingDelivery);
    await harness.deliver(...events);
    expect(harness.sent.filter((id) => id.startsWith('anna'))).toEqual(['anna/1', 'anna/2']);
    expect(harness.ledger).toHaveLength(3);
    expect(events.map(({ state }) => state)).toEqual(['acked', 'acked', 'acked']);
    await harness.dispatcher.close();
  });

  it('acks events that were delivered before, without sending them', async () => {
    const harness = new Harness();
    harness.claimResult = 'delivered';
    const event = pendingDelivery('anna/1');
    await harness.deliver(event);
    expect(harness.sent).toEqual([]);
    expect(event.state).toBe('acked');
    await harness.dispatcher.close();
  });

  it('leaves events in Kafka while Statsig rejects the integration, then reads them again', async () => {
    const harness = new Harness();
    harness.verdict = () => rejected;
    const events = Array.from({ length: 200 }, (_, i) => pendingDelivery(`c${String(i)}/1`));
    void harness.deliver(...events);
    await until(() => harness.consumerCalls.includes('pause'));
    expect(events.filter(({ state }) => state === 'left').length).toBeGreaterThanOrEqual(150);
    expect(harness.dispatcher.isReading).toBe(false);
    harness.verdict = () => accepted;
    await until(() => harness.consumerCalls.includes('resume'));
    expect(harness.consumerCalls).toEqual(['pause', 'reread', 'resume']);
    await harness.dispatcher.close();
  });

  it('does not need a share of the memory while Statsig rejects the integration, although it reads on for probes', async () => {
    const harness = new Harness({ DISPATCHER_SUSPENSION_MAX_INTERVAL: '1m' });
    harness.verdict = () => rejected;
    void harness.deliver(pendingDelivery('anna/1'));
    expect(harness.dispatcher.isReading).toBe(true);
    await until(() => !harness.dispatcher.state.isHealthy);
    expect(harness.dispatcher.isReading).toBe(false);
    expect(harness.consumerCalls).toEqual([]);
    await harness.dispatcher.close();
  });

  it('completes requests in flight when it is closed, and leaves other events in Kafka', async () => {
    const harness = new Harness();
    const [inFlight, waiting] = [pendingDelivery('anna/1'), pendingDelivery('anna/2')];
    const done = harness.deliver(inFlight, waiting);
    harness.verdict = () => {
      void harness.dispatcher.close();
      return accepted;
    };
    await done;
    expect([inFlight.state, waiting.state]).toEqual(['acked', 'left']);
  });

  it('leaves events that are not in flight when their partition is revoked', async () => {
    const harness = new Harness();
    const events = ['anna/1', 'anna/2'].map(pendingDelivery);
    harness.verdict = () => {
      harness.partition.abort();
      return accepted;
    };
    await harness.deliver(...events);
    expect(events.map(({ state }) => state)).toEqual(['acked', 'left']);
    await harness.dispatcher.close();
  });

  it('waits for the request limit', async () => {
    const harness = new Harness();
    harness.integration = { ...integration, maxRequestsPerSecond: 1 };
    harness.waitsMs = [20, 20];
    const event = pendingDelivery('anna/1');
    await harness.deliver(event);
    expect(event.state).toBe('acked');
    expect(event.progress.attempts).toBe(1);
    await harness.dispatcher.close();
  });

  it('sends nothing once the integration is gone', async () => {
    const harness = new Harness();
    harness.integration = undefined;
    const event = pendingDelivery('anna/1');
    await harness.deliver(event);
    expect(harness.sent).toEqual([]);
    expect(event.state).toBe('left');
    await harness.dispatcher.close();
  });

  it('sends sandbox events with the secret that the integration has for them at that time', async () => {
    const harness = new Harness();
    harness.integration = { ...integration, sandboxServerSecret: 'sandbox-secret' };
    harness.verdict = (_ids, secret) => (secret === 'secret' ? rejected : unavailable);
    const event = { ...pendingDelivery('anna/1'), isSandbox: true };
    void harness.deliver(event);
    await until(() => harness.secrets.length > 0);
    harness.integration = integration;
    harness.dispatcher.integrationChanged();
    await until(() => harness.dispatcher.state.suspension !== undefined);
    expect(new Set(harness.secrets)).toEqual(new Set(['sandbox-secret', 'secret']));
    expect(event.state).toBe('held');
    await harness.dispatcher.close();
  });

  it('does not wake early if Statsig requests a wait beyond the range of setTimeout', async () => {
    const longestTimerMs = 2 ** 31 - 1;
    const harness = new Harness({ DISPATCHER_MAX_RETRY_AFTER: `${2 * longestTimerMs}ms` });
    harness.verdict = () => ({ ...unavailable, retryAfterMs: 2 * longestTimerMs });
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const delivered = harness.deliver(pendingDelivery('anna/1'));
    while (harness.sent.length === 0 || jest.getTimerCount() === 0) await new Promise(setImmediate);
    harness.looksAtClock = 0;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(harness.looksAtClock).toBe(0);
    harness.verdict = () => accepted;
    await jest.advanceTimersByTimeAsync(2 * longestTimerMs);
    while (harness.sent.length < 2) await jest.advanceTimersByTimeAsync(10);
    await delivered;
    await harness.dispatcher.close();
  });

  it('records a maybe delivered event if it must never be repeated', async () => {
    const harness = new Harness({ DISPATCHER_ON_AMBIGUOUS: 'dead_letter' });
    harness.verdict = () => lost;
    harness.markFailures = 1;
    const event = pendingDelivery('anna/1');
    const delivered = harness.deliver(event);
    await until(() => harness.markFailures <= 0);
    expect(event.state).toBe('held');
    await delivered;
    expect(harness.ledger).toEqual(['maybe anna/1']);
    expect(event.state).toBe('acked');
    await harness.dispatcher.close();
  });
});
