import { isDeepStrictEqual } from 'node:util';
import { type Logger } from '@app/platform';
import { type Integration } from './domain/integration';
import { type IntegrationStore } from './integration-store';

const pollIntervalMs = 1_000;
/** A writer that died between its last two commands left the version as it was. */
const pollsBetweenFullReads = 30;

/**
 * The integrations as they are now: one from the environment, the others from Redis, which wins for the same project.
 * A change is seen within two seconds. What cannot be read stays as it was.
 */
export class IntegrationRegistry {
  private byProject: ReadonlyMap<string, Integration>;
  private version: string | undefined;
  /** Projects whose settings cannot be used, and why. */
  private unusable: ReadonlyMap<string, string> = new Map();
  private polls = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly fromEnvironment: Integration | undefined,
    /** Absent without SETTINGS_ENCRYPTION_KEY: then the environment's integration is the only one. */
    private readonly store: IntegrationStore | undefined,
    private readonly logger: Logger,
  ) {
    this.byProject = new Map(
      fromEnvironment === undefined ? [] : [[fromEnvironment.projectId, fromEnvironment]],
    );
  }

  /** Resolves when the integrations are known. */
  async start(): Promise<void> {
    if (this.store === undefined) return;
    await this.refresh(this.store);
    const poll = (store: IntegrationStore): void => {
      this.timer = setTimeout(() => {
        this.refresh(store)
          .catch((error: unknown) => {
            this.logger.warn({ err: error }, 'integrations could not be read; those known stay in force');
          })
          .finally(() => {
            if (this.timer !== undefined) poll(store);
          });
      }, pollIntervalMs);
    };
    poll(this.store);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  get(projectId: string): Integration | undefined {
    return this.byProject.get(projectId);
  }

  all(): Integration[] {
    return [...this.byProject.values()];
  }

  /** For the readiness check: undefined when there is at least one integration. */
  get problem(): string | undefined {
    if (this.byProject.size > 0) return undefined;
    const unusable = [...this.unusable].map(
      ([projectId, why]) => ` That of project "${projectId}" cannot be used: ${why}`,
    );
    return `No integration yet, so events wait in Kafka. Set STATSIG_SERVER_SECRET, or add an integration in the console.${unusable.join('')}`;
  }

  /** Waits for the first integration. False: the signal came before. */
  async whenAny(signal: AbortSignal): Promise<boolean> {
    while (this.byProject.size === 0 && !signal.aborted) {
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

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async refresh(store: IntegrationStore): Promise<void> {
    const version = await store.version();
    const isFullRead = this.polls++ % pollsBetweenFullReads === 0;
    if (version === this.version && !isFullRead) return;
    const byProject = new Map(
      this.fromEnvironment === undefined ? [] : [[this.fromEnvironment.projectId, this.fromEnvironment]],
    );
    const unusable = new Map<string, string>();
    for (const projectId of await store.projectIds()) {
      try {
        const integration = await store.get(projectId);
        if (integration !== undefined) byProject.set(projectId, integration);
      } catch (error) {
        this.logger.error({ err: error, projectId }, 'the settings of an integration cannot be used');
        unusable.set(projectId, error instanceof Error ? error.message : String(error));
        const known = this.byProject.get(projectId);
        if (known !== undefined) byProject.set(projectId, known);
      }
    }
    const isChanged = !isDeepStrictEqual(byProject, this.byProject);
    this.version = version;
    this.byProject = byProject;
    this.unusable = unusable;
    if (isChanged) for (const listener of this.listeners) listener();
  }
}
