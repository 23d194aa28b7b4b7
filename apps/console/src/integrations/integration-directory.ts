import { type Integration, integrationSchema, type IntegrationStore } from '@app/integrations';
import { type FilteredEvents, type IntegrationView, type ReadyIntegration } from '../../api/integrations';
import { withinDeadline } from '../http/deadline';
import { healthOf } from '../overview/integration-health';
import { type ReadModel } from '../read-model/read-model';
import { filteredEventsOf } from './filtered-events';
import { unreadableViewOf, viewOf } from './integration-view';
import { type WebhookEndpoints } from './webhook-endpoints';

/**
 * An integration in Redis. If its secrets cannot be decrypted, `sealed` has the settings that can be read: none if they are invalid
 * for this version. `raw` has them as stored.
 */
export type StoredIntegration =
  | { kind: 'ready'; integration: Integration }
  | { kind: 'unreadable'; detail: string; sealed: Integration | undefined; raw: unknown };

/** The settings, with encrypted secrets if these cannot be decrypted. Undefined if they are invalid, or nothing is stored. */
export function settingsIn(stored: StoredIntegration | undefined): Integration | undefined {
  return stored?.kind === 'unreadable' ? stored.sealed : stored?.integration;
}

/** Finds integrations in the environment and in Redis. Redis takes precedence for the same project. */
export class IntegrationDirectory {
  constructor(
    private readonly fromEnvironment: Integration | undefined,
    /** Undefined if SETTINGS_ENCRYPTION_KEY is not set. */
    readonly store: IntegrationStore | undefined,
    private readonly webhooks: WebhookEndpoints,
    private readonly model: ReadModel,
  ) {}

  /** Rejects with 503 if Redis does not respond in time. */
  list(): Promise<IntegrationView[]> {
    return withinDeadline('Redis', this.views());
  }

  private async views(): Promise<IntegrationView[]> {
    const { fromEnvironment } = this;
    const stored = await this.readStored();
    const isReplaced = fromEnvironment === undefined || stored.has(fromEnvironment.projectId);
    const own = isReplaced ? [] : [fromEnvironment];
    const projectIds = [...own.map(({ projectId }) => projectId), ...stored.keys()].toSorted();
    const webhooks = await this.webhooks.showAll(projectIds);
    return projectIds.flatMap((projectId): IntegrationView[] => {
      const webhook = webhooks.get(projectId);
      if (webhook === undefined) return [];
      const found = stored.get(projectId);
      if (found?.kind === 'unreadable') {
        return [unreadableViewOf(projectId, found.detail, found.sealed, webhook)];
      }
      const integration = found?.integration ?? fromEnvironment;
      if (integration === undefined) return [];
      const origin = found === undefined ? 'environment' : 'console';
      return [viewOf(integration, origin, healthOf(this.model.db, integration), webhook)];
    });
  }

  async find(projectId: string): Promise<IntegrationView | undefined> {
    return (await this.list()).find((view) => view.projectId === projectId);
  }

  /**
   * Returns the settings of all integrations, sorted by project, with secrets: never for a response of the API. Secrets that
   * cannot be decrypted are returned as stored; settings that are invalid for this version are undefined.
   */
  async settings(): Promise<
    { projectId: string; origin: ReadyIntegration['origin']; settings: Integration | undefined }[]
  > {
    const { fromEnvironment: own } = this;
    const stored = await withinDeadline('Redis', this.readStored());
    const all = [...stored].map(([projectId, found]) => ({
      ...{ projectId, origin: 'console' as const },
      settings: found.kind === 'ready' ? found.integration : found.sealed,
    }));
    const isReplaced = own === undefined || stored.has(own.projectId);
    return [
      ...all,
      ...(isReplaced ? [] : [{ projectId: own.projectId, origin: 'environment' as const, settings: own }]),
    ].toSorted((a, b) => (a.projectId < b.projectId ? -1 : 1));
  }

  /** Returns the view of an integration that was just stored. */
  async show(integration: Integration): Promise<ReadyIntegration> {
    const webhook = await this.webhooks.show(integration.projectId);
    return viewOf(integration, 'console', healthOf(this.model.db, integration), webhook);
  }

  filteredEvents(projectId: string): FilteredEvents {
    return filteredEventsOf(this.model.db, projectId);
  }

  /** Of Redis only, which is what a change replaces. Returns secrets: never for a response of the API. */
  async findStored(projectId: string): Promise<StoredIntegration | undefined> {
    return (await this.readStored()).get(projectId);
  }

  /**
   * The one that is in force: of Redis, or else of the environment. Returns secrets: never for a response of the API. Rejects
   * with 503 if Redis does not respond in time.
   */
  async findCurrent(projectId: string): Promise<StoredIntegration | undefined> {
    const stored = await withinDeadline('Redis', this.findStored(projectId));
    const { fromEnvironment } = this;
    if (stored !== undefined || fromEnvironment?.projectId !== projectId) return stored;
    return { kind: 'ready', integration: fromEnvironment };
  }

  /** Whether the environment of the apps has an integration of the project, which cannot be changed here. */
  isInEnvironment(projectId: string): boolean {
    return this.fromEnvironment?.projectId === projectId;
  }

  private async readStored(): Promise<ReadonlyMap<string, StoredIntegration>> {
    const { store } = this;
    if (store === undefined) return new Map();
    const { listed } = await store.readAll();
    const entries = [...listed].map(async ([projectId, read]): Promise<[string, StoredIntegration]> => {
      if (!('unreadable' in read)) return [projectId, { kind: 'ready', integration: read }];
      const raw = await store.getRaw(projectId);
      const sealed = integrationSchema.safeParse(raw).data;
      return [projectId, { kind: 'unreadable', detail: read.unreadable, sealed, raw }];
    });
    return new Map(await Promise.all(entries));
  }
}
