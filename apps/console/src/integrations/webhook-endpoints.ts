import {
  generateAuthorization,
  type WebhookCredentials,
  type WebhookCredentialsStore,
  webhookUrls,
} from '@app/integrations';
import { type WebhookView } from '../../api/webhooks';

export interface EnvironmentCredentials {
  projectId: string;
  credentials: WebhookCredentials;
}

/** The webhook endpoints of all projects. Credentials in Redis take precedence over credentials in the environment. */
export class WebhookEndpoints {
  /** @param store undefined if SETTINGS_ENCRYPTION_KEY is not set */
  constructor(
    private readonly fromEnvironment: EnvironmentCredentials | undefined,
    readonly store: WebhookCredentialsStore | undefined,
    private readonly publicUrl: string,
  ) {}

  async show(projectId: string): Promise<WebhookView> {
    const views = await this.showAll([projectId]);
    return views.get(projectId) ?? this.environmentView(projectId);
  }

  async showAll(projectIds: readonly string[]): Promise<ReadonlyMap<string, WebhookView>> {
    // A map, because a project may have the name of a property that every object inherits.
    const stored = new Map(Object.entries((await this.store?.readAll()) ?? {}));
    const views = projectIds.map(async (projectId) => {
      const sealed = stored.get(projectId) ?? '';
      const view = sealed === '' ? this.environmentView(projectId) : await this.openView(projectId, sealed);
      return [projectId, view] as const;
    });
    return new Map(await Promise.all(views));
  }

  /** Generates an Authorization value and returns it, unless the project has credentials, readable or not. */
  async createIfMissing(projectId: string): Promise<string | undefined> {
    if (this.store === undefined || (await this.show(projectId)).origin !== 'none') return undefined;
    const authorization = generateAuthorization();
    const isCreated = await this.store.createIfMissing(projectId, {
      authorizations: [authorization],
      signingSecrets: [],
    });
    return isCreated ? authorization : undefined;
  }

  /** The credentials, if they exist and can be read. Only for requests to RevenueCat, never for a response of the API. */
  async credentialsOf(projectId: string): Promise<WebhookCredentials | undefined> {
    switch ((await this.show(projectId)).origin) {
      case 'console':
        return this.store?.get(projectId).catch(() => undefined);
      case 'environment':
        return this.fromEnvironment?.credentials;
      case 'none':
        return undefined;
    }
  }

  /** See {@link webhookUrls}. */
  urlsOf(projectId: string, isDefault: boolean): [string, ...string[]] {
    return webhookUrls(this.publicUrl, projectId, isDefault);
  }

  viewOf(projectId: string, credentials: WebhookCredentials): WebhookView {
    return { ...this.environmentView(projectId), ...countsOf(credentials), origin: 'console' };
  }

  private async openView(projectId: string, sealed: string): Promise<WebhookView> {
    try {
      const credentials = await this.store?.open(projectId, sealed);
      if (credentials !== undefined) return this.viewOf(projectId, credentials);
      return this.environmentView(projectId);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      const counts = { authorizations: 0, signingSecrets: 0 };
      return { ...this.environmentView(projectId), ...counts, origin: 'console', problem };
    }
  }

  private environmentView(projectId: string): WebhookView {
    const [url] = this.urlsOf(projectId, false);
    if (this.fromEnvironment?.projectId !== projectId) {
      return { url, origin: 'none', authorizations: 0, signingSecrets: 0, problem: null };
    }
    return { url, origin: 'environment', ...countsOf(this.fromEnvironment.credentials), problem: null };
  }
}

function countsOf(credentials: WebhookCredentials): Pick<WebhookView, 'authorizations' | 'signingSecrets'> {
  return {
    authorizations: credentials.authorizations.length,
    signingSecrets: credentials.signingSecrets.length,
  };
}
