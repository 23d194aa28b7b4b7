import { type Integration, type IntegrationRegistry } from '@app/integrations';
import {
  deliveriesTopic,
  type ExistingTopics,
  projectOfDeliveriesTopic,
  ReconciledMap,
  type TopicNames,
} from '@app/kafka';
import { type Logger } from '@app/platform';
import * as metrics from './dispatcher.metrics';
import { type ProjectDispatcher } from './project-dispatcher';

export interface ProjectDispatchersPorts {
  integrations: Pick<IntegrationRegistry, 'all' | 'find' | 'onChange'>;
  existingTopics: Pick<ExistingTopics, 'among' | 'list'>;
  topics: TopicNames;
  open: (projectId: string, integration: () => Integration | undefined) => ProjectDispatcher;
  /** Commits the offsets of a project again that no dispatcher reads, so that Kafka keeps them. */
  refreshOffsets: (projectId: string) => Promise<void>;
  /** Memory for everything that is in hand, in bytes: the projects that read events share it. */
  memoryBytes: number;
  logger: Logger;
}

const reconcileMs = 2_000;
/** Well below the time after which Kafka forgets the offsets of a group without members (7 days). */
const refreshOffsetsMs = 12 * 3_600_000;

/**
 * A dispatcher and a consumer for each project that is served: one with an integration that is readable and not paused, and
 * with a deliveries topic. Whatever happens to one project's topic or group touches no other.
 */
export class ProjectDispatchers {
  private readonly running: ReconciledMap<ProjectDispatcher>;
  private stopListening: (() => void) | undefined;
  private isReconciled = false;
  private refreshTimer: NodeJS.Timeout | undefined;

  constructor(private readonly ports: ProjectDispatchersPorts) {
    this.running = new ReconciledMap({
      wanted: () => this.served(),
      open: (projectId) => ports.open(projectId, () => this.servedIntegration(projectId)),
      intervalMs: reconcileMs,
      logger: ports.logger,
    });
  }

  /** For the readiness check: undefined if the projects are known, and any of them is consumed. */
  readonly problem = (): string | undefined => {
    if (!this.isReconciled) return 'the deliveries topics are not known yet';
    const problems = [...this.running.entries()].map(([, dispatcher]) => dispatcher.problem);
    return problems.length > 0 && problems.every((problem) => problem !== undefined)
      ? problems[0]
      : undefined;
  };

  async start(): Promise<void> {
    this.stopListening = this.ports.integrations.onChange((projectIds) => {
      for (const projectId of projectIds) this.running.get(projectId)?.integrationChanged();
      void this.running.reconcile();
    });
    await this.running.start();
    this.refreshTimer = setInterval(() => void this.refreshOffsets(), refreshOffsetsMs);
  }

  async close(): Promise<void> {
    this.stopListening?.();
    clearInterval(this.refreshTimer);
    await this.running.close();
  }

  /** Memory that one project may have in hand now. */
  readonly memoryShare = (): number => {
    const reading = [...this.running.entries()].filter(([, { isReading }]) => isReading).length;
    return this.ports.memoryBytes / Math.max(1, reading);
  };

  reportMetrics(): void {
    for (const { projectId: project } of this.ports.integrations.all()) {
      const state = this.running.get(project)?.state;
      metrics.inFlight.set({ project }, state?.inFlight ?? 0);
      metrics.requestLimit.set({ project }, state?.limit ?? 0);
      metrics.waiting.set({ project }, state?.waiting ?? 0);
      metrics.healthy.set({ project }, state?.isHealthy === true ? 1 : 0);
    }
  }

  private async served(): Promise<string[]> {
    const { integrations, existingTopics, topics } = this.ports;
    const wanted = new Map(
      integrations
        .all()
        .filter(({ enabled }) => enabled)
        .map(({ projectId }) => [deliveriesTopic(topics, projectId), projectId]),
    );
    const existing = await existingTopics.among(wanted.keys());
    this.isReconciled = true;
    return [...wanted].flatMap(([topic, projectId]) => (existing.has(topic) ? [projectId] : []));
  }

  /** Of projects that are not served. Another dispatcher may do the same, or serve the project by now: that is no harm. */
  async refreshOffsets(): Promise<void> {
    const { existingTopics, topics, logger } = this.ports;
    const existing = await existingTopics.list().catch(() => new Set<string>());
    for (const topic of existing) {
      const projectId = projectOfDeliveriesTopic(topics, topic);
      if (projectId === undefined || this.running.get(projectId) !== undefined) continue;
      try {
        await this.ports.refreshOffsets(projectId);
      } catch (error) {
        logger.debug({ err: error, projectId }, 'failed to refresh offsets');
      }
    }
  }

  private servedIntegration(projectId: string): Integration | undefined {
    const state = this.ports.integrations.find(projectId);
    return state.kind === 'ready' && state.integration.enabled ? state.integration : undefined;
  }
}
