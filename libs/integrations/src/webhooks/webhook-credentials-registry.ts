import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@app/platform';
import { AuthorizationIndex, type WebhookCredentials } from '../domain/webhook-credentials';
import { type WebhookCredentialsStore } from './webhook-credentials-store';

const pollIntervalMs = 1_000;

interface Known {
  /** As stored; undefined for those of the environment. */
  sealed: string | undefined;
  credentials: WebhookCredentials;
}

/**
 * The webhook credentials of every project as they are now: those of one project from the environment, the others from
 * Redis, which takes precedence. A change is in force within two seconds. The last known credentials stay in force while
 * Redis is unavailable, if it was emptied, and if they can no longer be opened.
 */
export class WebhookCredentialsRegistry {
  private known: ReadonlyMap<string, Known> = new Map();
  private index = new AuthorizationIndex([]);
  private isRead = false;
  /** Stored credentials that cannot be opened, by project. */
  private unreadable: ReadonlyMap<string, string> = new Map();
  private readonly stopped = new AbortController();

  /** @param store undefined: only the credentials of the environment are known */
  constructor(
    private readonly fromEnvironment: ReadonlyMap<string, WebhookCredentials>,
    private readonly store: WebhookCredentialsStore | undefined,
    private readonly logger: Logger,
  ) {
    this.use(this.ofEnvironment());
  }

  /** Begins to follow Redis. Does not wait for it. */
  start(): void {
    if (this.store === undefined) this.isRead = true;
    else void this.follow(this.store);
  }

  stop(): void {
    this.stopped.abort();
  }

  find(projectId: string): WebhookCredentials | undefined {
    return this.known.get(projectId)?.credentials;
  }

  /** The projects of which this is a valid Authorization value. */
  projectsOf(authorization: string): readonly string[] {
    return this.index.projectsOf(authorization);
  }

  /** Whether a project that is not found surely has no credentials: Redis has been read, and all could be opened. */
  isAbsent(projectId: string): boolean {
    return this.isRead && !this.known.has(projectId) && !this.unreadable.has(projectId);
  }

  private use(known: ReadonlyMap<string, Known>): void {
    this.known = known;
    this.index = new AuthorizationIndex([...known].map(([id, { credentials }]) => [id, credentials]));
  }

  private ofEnvironment(): Map<string, Known> {
    return new Map(
      [...this.fromEnvironment].map(([id, credentials]) => [id, { sealed: undefined, credentials }]),
    );
  }

  private async follow(store: WebhookCredentialsStore): Promise<void> {
    while (!this.stopped.signal.aborted) {
      await this.refresh(store).catch((error: unknown) => {
        // A command that was waiting fails when the app stops.
        if (this.stopped.signal.aborted) return;
        this.logger.warn({ err: error }, 'failed to read the webhook credentials; those known stay in force');
      });
      await delay(pollIntervalMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  private async refresh(store: WebhookCredentialsStore): Promise<void> {
    const stored = new Map(Object.entries(await store.readAll()));
    const next = this.ofEnvironment();
    const unreadable = new Map<string, string>();
    for (const [projectId, before] of this.known) {
      if (before.sealed !== undefined && !stored.has(projectId)) next.set(projectId, before);
    }
    for (const [projectId, sealed] of stored) {
      if (sealed === '') continue;
      const before = this.known.get(projectId);
      if (before?.sealed === sealed) {
        next.set(projectId, before);
        continue;
      }
      try {
        next.set(projectId, { sealed, credentials: await store.open(projectId, sealed) });
      } catch (error) {
        unreadable.set(projectId, sealed);
        if (before !== undefined) next.set(projectId, before);
        if (this.unreadable.get(projectId) !== sealed) {
          this.logger.error({ err: error, projectId }, 'webhook credentials unreadable');
        }
      }
    }
    this.use(next);
    this.unreadable = unreadable;
    this.isRead = true;
  }
}
