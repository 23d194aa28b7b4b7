import { type Integration, type IntegrationRegistry } from '@app/integrations';
import { deliveriesTopic, type ExistingTopics, ReconciledMap, type TopicNames } from '@app/kafka';
import { type Logger } from '@app/platform';
import * as metrics from './dispatcher.metrics';
import { type DispatchState, integrationStates } from './dispatcher.metrics';
import { type ProjectDispatcher } from './project-dispatcher';

export interface ProjectDispatchersPorts {
  integrations: Pick<IntegrationRegistry, 'all' | 'find' | 'onChange' | 'projectIds'>;
  existingTopics: Pick<ExistingTopics, 'among'>;
  topics: TopicNames;
  open: (
    projectId: string,
    integration: () => Integration | undefined,
    memoryShare: () => number,
  ) => ProjectDispatcher;
  /** Memory for all unacked events, in bytes. Projects that read events share what the others do not use. */
  memoryBytes: number;
  logger: Logger;
}

const reconcileMs = 2_000;
const projectGauges = [metrics.inFlight, metrics.requestLimit, metrics.waiting, metrics.unrecorded];

/**
 * Runs a dispatcher and a consumer for each served project. A project is served if its integration is readable and not
 * paused, and its deliveries topic exists. A failure of one project's topic or group does not affect other projects.
 */
export class ProjectDispatchers {
  private readonly running: ReconciledMap<ProjectDispatcher>;
  private stopListening: (() => void) | undefined;
  private isReconciled = false;
  private reported: ReadonlySet<string> = new Set();

  constructor(private readonly ports: ProjectDispatchersPorts) {
    this.running = new ReconciledMap({
      wanted: () => this.listServed(),
      open: (projectId) => ports.open(projectId, () => this.findServed(projectId), this.memoryShare),
      names: { keys: 'the projects to deliver', object: 'the dispatcher of a project', field: 'projectId' },
      intervalMs: reconcileMs,
      logger: ports.logger,
    });
  }

  /** For the readiness check: undefined if the projects are known and at least one is consumed. */
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
  }

  async close(): Promise<void> {
    this.stopListening?.();
    await this.running.close();
  }

  /** Memory that one project may use now. */
  readonly memoryShare = (): number => {
    const dispatchers = [...this.running.entries()].map(([, dispatcher]) => dispatcher);
    const others = dispatchers.filter(({ isReading }) => !isReading);
    const unackedByOthers = others.reduce((sum, { unackedBytes }) => sum + unackedBytes, 0);
    const { memoryBytes } = this.ports;
    const left = Math.max(memoryBytes - unackedByOthers, memoryBytes / 2);
    return left / Math.max(1, dispatchers.length - others.length);
  };

  /** Whether this process has a dispatcher for the project. */
  runs(projectId: string): boolean {
    return this.running.get(projectId) !== undefined;
  }

  /** Covers every project with an integration, readable or not. */
  reportMetrics(): void {
    const projectIds = new Set(this.ports.integrations.projectIds());
    for (const project of this.reported.difference(projectIds)) {
      for (const gauge of projectGauges) gauge.remove({ project });
      for (const state of integrationStates) metrics.integrationState.remove({ project, state });
    }
    this.reported = projectIds;
    for (const project of projectIds) {
      const state = this.running.get(project)?.state;
      metrics.inFlight.set({ project }, state?.inFlight ?? 0);
      metrics.requestLimit.set({ project }, state?.limit ?? 0);
      metrics.waiting.set({ project }, state?.waiting ?? 0);
      metrics.unrecorded.set({ project }, state?.unrecorded ?? 0);
      const current = this.stateOf(project);
      for (const one of integrationStates)
        metrics.integrationState.set({ project, state: one }, one === current ? 1 : 0);
    }
  }

  private stateOf(projectId: string): DispatchState {
    const integration = this.ports.integrations.find(projectId);
    if (integration.kind !== 'ready') return 'unreadable';
    if (!integration.integration.enabled) return 'paused';
    const state = this.running.get(projectId)?.state;
    if (state?.suspension !== undefined) return 'suspended';
    return state?.isHealthy === false ? 'retrying' : 'delivering';
  }

  private async listServed(): Promise<string[]> {
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

  private findServed(projectId: string): Integration | undefined {
    const state = this.ports.integrations.find(projectId);
    return state.kind === 'ready' && state.integration.enabled ? state.integration : undefined;
  }
}
