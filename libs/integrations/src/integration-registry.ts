import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Logger } from '@app/platform';
import { type Integration } from './domain/integration';
import { IntegrationSnapshot, type IntegrationState } from './domain/integration-snapshot';
import { type IntegrationStore } from './integration-store';

const pollIntervalMs = 1_000;
/** Full reads find changes of writers that crashed before they changed the version. */
const pollsBetweenFullReads = 30;

type ChangeListener = (projectIds: ReadonlySet<string>) => void;

/**
 * The current integrations: one from the environment, the others from Redis, which takes precedence. Changes are seen within
 * two seconds. An integration that cannot be read is not treated as absent: see {@link IntegrationSnapshot}.
 */
export class IntegrationRegistry {
  private snapshot = IntegrationSnapshot.unread;
  private version: string | undefined;
  private polls = 0;
  /** Refreshes run one at a time, so that an earlier snapshot cannot replace a later one. */
  private turn: Promise<unknown> = Promise.resolve();
  private readonly stopped = new AbortController();
  private readonly listeners = new Set<ChangeListener>();

  constructor(
    private readonly fromEnvironment: Integration | undefined,
    private readonly store: IntegrationStore,
    private readonly logger: Logger,
  ) {}

  /** Resolves when the integrations were read, which waits for Redis, or after `stop`. */
  async start(): Promise<void> {
    while (!this.stopped.signal.aborted && !(await this.refreshed())) await this.pause();
    void this.poll();
  }

  stop(): void {
    this.stopped.abort();
  }

  find(projectId: string): IntegrationState {
    return this.snapshot.find(projectId);
  }

  get(projectId: string): Integration | undefined {
    const state = this.find(projectId);
    return state.kind === 'ready' ? state.integration : undefined;
  }

  /** The integrations that are ready. */
  all(): Integration[] {
    return this.snapshot.all();
  }

  /** Projects whose integration is ready or unreadable. */
  projectIds(): string[] {
    return this.snapshot.projectIds();
  }

  /** For the readiness check: undefined if at least one integration is ready. */
  get problem(): string | undefined {
    if (this.all().length > 0) return undefined;
    const problems = [...this.snapshot.problems].map(
      ([projectId, reason]) => ` The integration of project "${projectId}" cannot be read: ${reason}`,
    );
    return `No integration yet, so events wait in Kafka. Set STATSIG_SERVER_SECRET, or add an integration in the console.${problems.join('')}`;
  }

  /** Waits until an integration is ready. False if the signal was aborted first. */
  async whenAny(signal: AbortSignal): Promise<boolean> {
    while (this.all().length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const stopListening = this.onChange(done);
        function done(): void {
          stopListening();
          signal.removeEventListener('abort', done);
          resolve();
        }
        signal.addEventListener('abort', done);
      });
    }
    return !signal.aborted;
  }

  /** Calls the listener with the projects whose state has changed. Returns a function that removes the listener. */
  onChange(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async poll(): Promise<void> {
    for (;;) {
      await this.pause();
      if (this.stopped.signal.aborted) return;
      await this.refreshed();
    }
  }

  private pause(): Promise<void> {
    return delay(pollIntervalMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
  }

  private async refreshed(): Promise<boolean> {
    try {
      await this.refresh();
      return true;
    } catch (error) {
      if (!this.stopped.signal.aborted) {
        this.logger.warn({ err: error }, 'failed to refresh integrations; keeping the last known ones');
      }
      return false;
    }
  }

  /** Reads the integrations if they have changed. Rejects if Redis is unavailable. */
  refresh(): Promise<void> {
    const refreshed = this.turn.then(() => this.refreshNow());
    this.turn = refreshed.catch(() => undefined);
    return refreshed;
  }

  private async refreshNow(): Promise<void> {
    const version = await this.store.version();
    const isFullRead = this.polls++ % pollsBetweenFullReads === 0;
    if (version === this.version && !isFullRead) return;
    const before = this.snapshot;
    this.snapshot = before.next(await this.store.readAll(), this.fromEnvironment, this.store.hasKey);
    this.version = version;
    if (!isDeepStrictEqual(this.snapshot.problems, before.problems)) this.logProblems();
    const changed = this.snapshot.changesSince(before);
    if (changed.size > 0) for (const listener of this.listeners) listener(changed);
  }

  private logProblems(): void {
    for (const [projectId, detail] of this.snapshot.problems) {
      const isInForce = this.find(projectId).kind === 'ready';
      this.logger.error({ projectId, detail, isLastReadableInForce: isInForce }, 'integration unreadable');
    }
  }
}
