import { type Integration, type IntegrationStore } from '@app/integrations';
import { type Logger } from '@app/platform';
import { healthOf } from '../overview/integration-health';
import { type ReadModel } from '../read-model/read-model';
import { type IntegrationView, viewOf } from './integration-view';

/** The integrations there are: one by environment, the others from Redis, which wins for the same project. */
export class KnownIntegrations {
  constructor(
    private readonly fromEnvironment: Integration | undefined,
    readonly store: IntegrationStore | undefined,
    private readonly model: ReadModel,
    private readonly logger: Logger,
  ) {}

  async list(): Promise<IntegrationView[]> {
    const stored = await this.stored();
    const ofEnvironment =
      this.fromEnvironment === undefined ||
      stored.some(({ projectId }) => projectId === this.fromEnvironment?.projectId)
        ? []
        : [this.view(this.fromEnvironment, 'environment')];
    return [...ofEnvironment, ...stored.map((integration) => this.view(integration, 'console'))].toSorted(
      (a, b) => (a.projectId < b.projectId ? -1 : 1),
    );
  }

  async find(projectId: string): Promise<IntegrationView | undefined> {
    return (await this.list()).find((view) => view.projectId === projectId);
  }

  /** With its secret: for sending to Statsig, never for an answer. */
  async secretOf(projectId: string): Promise<string | undefined> {
    const stored = await this.store?.get(projectId);
    if (stored !== undefined) return stored.serverSecret;
    return this.fromEnvironment?.projectId === projectId ? this.fromEnvironment.serverSecret : undefined;
  }

  private view(integration: Integration, origin: IntegrationView['origin']): IntegrationView {
    return viewOf(integration, origin, healthOf(this.model.db, integration));
  }

  private async stored(): Promise<Integration[]> {
    const { store } = this;
    if (store === undefined) return [];
    const read = await Promise.all(
      (await store.projectIds()).map(async (projectId) => {
        try {
          return await store.get(projectId);
        } catch (error) {
          this.logger.error({ err: error, projectId }, 'the settings of an integration cannot be used');
          return undefined;
        }
      }),
    );
    return read.filter((integration) => integration !== undefined);
  }
}
