import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@app/platform';
import { AuthorizationIndex, type WebhookCredentials } from '../domain/webhook-credentials';
import { type WebhookCredentialsStore } from './webhook-credentials-store';

const pollIntervalMs = 1_000;

interface KnownCredentials {
  /** As stored, encrypted; undefined for credentials from the environment. */
  sealed: string | undefined;
  credentials: WebhookCredentials;
}

/**
 * The current webhook credentials of every project: those of one project from the environment, the others from Redis, which
 * takes precedence. Changes take effect within two seconds. The last known credentials stay valid while Redis is unavailable,
 * if it was emptied, and if they can no longer be decrypted.
 */
export class WebhookCredentialsRegistry {
  private known: ReadonlyMap<string, KnownCredentials> = new Map();
  private index = new AuthorizationIndex([]);
  private isRead = false;
  /** Stored credentials that cannot be decrypted, by project. */
  private unreadable: ReadonlyMap<string, string> = new Map();
  private readonly stopped = new AbortController();

  /**
   * @param store undefined if only the credentials from the environment are used
   * @param onRead called with the projects that have credentials, at once and whenever they were read
   */
  constructor(
    private readonly fromEnvironment: ReadonlyMap<string, WebhookCredentials>,
    private readonly store: WebhookCredentialsStore | undefined,
    private readonly logger: Logger,
    private readonly onRead: (projectIds: Iterable<string>) => void = () => undefined,
  ) {
    this.use(this.environmentCredentials());
  }

  /** Starts polling Redis, without waiting for it. */
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

  /** The projects for which this Authorization value is valid. */
  projectsOf(authorization: string): readonly string[] {
    return this.index.projectsOf(authorization);
  }

  /** Whether a project certainly has no credentials: Redis was read, and has none for it, not even unreadable ones. */
  isAbsent(projectId: string): boolean {
    return this.isRead && !this.known.has(projectId) && !this.unreadable.has(projectId);
  }

  private use(known: ReadonlyMap<string, KnownCredentials>): void {
    this.known = known;
    this.onRead(known.keys());
    this.index = new AuthorizationIndex([...known].map(([id, { credentials }]) => [id, credentials]));
  }

  private environmentCredentials(): Map<string, KnownCredentials> {
    return new Map(
      [...this.fromEnvironment].map(([id, credentials]) => [id, { sealed: undefined, credentials }]),
    );
  }

  private async follow(store: WebhookCredentialsStore): Promise<void> {
    while (!this.stopped.signal.aborted) {
      await this.refresh(store).catch((error: unknown) => {
        // Waiting commands fail when the app stops.
        if (this.stopped.signal.aborted) return;
        this.logger.warn(
          { err: error },
          'failed to refresh webhook credentials; keeping the last known ones',
        );
      });
      await delay(pollIntervalMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  private async refresh(store: WebhookCredentialsStore): Promise<void> {
    const stored = new Map(Object.entries(await store.readAll()));
    const next = this.environmentCredentials();
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
