import { type IntegrationRegistry, type IntegrationState } from '@app/integrations';
import { type Logger } from '@app/platform';

/**
 * The integrations as the mapper sees them. One that was found unreadable stays so until the records that were left are read
 * again: otherwise later events of its project would overtake them.
 */
export class IntegrationLatch {
  private readonly unreadable = new Map<string, IntegrationState>();

  /** @param rereadLeft has the consumer read again what was left, in the same turn of the event loop */
  constructor(
    private readonly registry: Pick<IntegrationRegistry, 'find' | 'whenAny' | 'onChange'>,
    private readonly rereadLeft: () => void,
    private readonly logger: Logger,
  ) {
    registry.onChange(() => {
      this.release();
    });
  }

  find(projectId: string): IntegrationState {
    const latched = this.unreadable.get(projectId);
    if (latched !== undefined) return latched;
    const state = this.registry.find(projectId);
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

  private release(): void {
    const isAnyReadable = [...this.unreadable.keys()].some(
      (projectId) => this.registry.find(projectId).kind !== 'unreadable',
    );
    if (!isAnyReadable) return;
    this.unreadable.clear();
    this.rereadLeft();
  }
}
