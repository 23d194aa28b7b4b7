import { type IntegrationRegistry, type IntegrationState } from '@app/integrations';
import { type Logger } from '@app/platform';

/**
 * The integrations as the mapper sees them. One that was unreadable stays unreadable until the records that were left are read
 * again; otherwise later events of its project would overtake them. A project that is deferred is unreadable until it is resumed.
 */
export class IntegrationLookup {
  private readonly unreadable = new Map<string, IntegrationState>();
  private readonly deferred = new Map<string, IntegrationState>();

  /**
   * @param hasTopic whether a project's deliveries topic exists; undefined if that is not known yet
   * @param rereadLeft makes the consumer read the left records again, in the same turn of the event loop
   */
  constructor(
    private readonly registry: Pick<IntegrationRegistry, 'find' | 'whenAny' | 'refresh' | 'onChange'>,
    private readonly hasTopic: (projectId: string) => boolean | undefined,
    private readonly rereadLeft: () => void,
    private readonly logger: Logger,
  ) {
    registry.onChange(() => {
      this.recheck();
    });
  }

  find(projectId: string): IntegrationState {
    const known = this.deferred.get(projectId) ?? this.unreadable.get(projectId);
    if (known !== undefined) return known;
    const state = this.look(projectId);
    if (state.kind === 'unreadable') {
      this.unreadable.set(projectId, state);
      this.logger.warn(
        { projectId, detail: state.detail },
        'integration unreadable; its events wait in Kafka',
      );
    }
    return state;
  }

  whenAny(signal: AbortSignal): Promise<boolean> {
    return this.registry.whenAny(signal);
  }

  refresh(): Promise<void> {
    return this.registry.refresh();
  }

  /** Makes the project unreadable until `resume`, whatever its state in the registry. */
  defer(projectId: string, detail: string): void {
    this.deferred.set(projectId, { kind: 'unreadable', detail });
  }

  resume(projectId: string): void {
    if (this.deferred.delete(projectId)) this.rereadLeft();
  }

  /** Has the left records read again if one of the integrations is no longer unreadable. */
  recheck(): void {
    const isAnyReadable = [...this.unreadable.keys()].some(
      (projectId) => this.look(projectId).kind !== 'unreadable',
    );
    if (!isAnyReadable) return;
    this.unreadable.clear();
    this.rereadLeft();
  }

  /** An empty store may have lost its data, but a project without a deliveries topic never had an integration in use. */
  private look(projectId: string): IntegrationState {
    const state = this.registry.find(projectId);
    const isStoreEmpty = state.kind === 'unreadable' && state.isStoreEmpty === true;
    return isStoreEmpty && this.hasTopic(projectId) === false ? { kind: 'absent' } : state;
  }
}
