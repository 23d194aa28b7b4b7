import { type Integration } from '@app/integrations';
import {
  type ApiAccess,
  changeWebhooksPermission,
  compareWebhooks,
  type ExpectedWebhook,
  expectedWebhook,
  explainFailure,
  isOurs,
  isReachable,
  originOf,
  readWebhooksPermission,
  RevenueCatApiError,
  type RevenueCatWebhook,
  type WebhooksApi,
} from '@app/revenuecat-api';
import { ConflictException, NotFoundException, ServiceUnavailableException } from '@nestjs/common';
import { type WebhookChange, type WebhookCheck } from '../../api/revenuecat-webhooks';
import { type IntegrationDirectory } from '../integrations/integration-directory';
import { type WebhookEndpoints } from '../integrations/webhook-endpoints';

/** The webhooks of a project as RevenueCat has them now. */
interface CurrentWebhooks {
  access: ApiAccess;
  expected: ExpectedWebhook;
  webhooks: RevenueCatWebhook[];
  ours: RevenueCatWebhook[];
}

interface Options {
  defaultProjectId: string;
  apiUrl: string;
}

/**
 * Compares and changes the webhooks of a project in RevenueCat, with the API key of its integration. The changes of a project are
 * made one after another. Those of another console, or in the dashboard of RevenueCat, may be made at the same time.
 */
export class WebhookSetup {
  /** The last change of each project that has one in progress. */
  private readonly changes = new Map<string, Promise<unknown>>();

  constructor(
    private readonly integrations: Pick<IntegrationDirectory, 'findCurrent'>,
    private readonly endpoints: WebhookEndpoints,
    private readonly api: WebhooksApi,
    private readonly options: Options,
  ) {}

  /**
   * Never rejects because of RevenueCat, or because the integration was just removed while its page is open: the state of the
   * result says what is wrong.
   */
  async check(projectId: string): Promise<WebhookCheck> {
    const integration = await this.findReadable(projectId);
    if (integration === undefined) return unread('no_key', noIntegration(projectId));
    const { lookup } = integration;
    if (lookup === undefined) return unread('no_key', noKey);
    const expected = this.expectedOf(integration);
    try {
      return checkOf(await this.api.list(lookup), expected);
    } catch (error) {
      if (!(error instanceof RevenueCatApiError)) throw error;
      const { state, problem, remedy } = explainFailure(error, readWebhooksPermission);
      return unread(state, `${problem} ${remedy}`);
    }
  }

  /** Creates the webhook of a project that has none, and an Authorization value if the endpoint has no credentials. */
  create(projectId: string, change: WebhookChange = {}): Promise<WebhookCheck> {
    return this.oneByOne(projectId, () => this.createAlone(projectId, change));
  }

  private async createAlone(projectId: string, change: WebhookChange): Promise<WebhookCheck> {
    const [url = ''] = requireNoneOfOurs(await this.read(projectId)).expected.urls;
    this.requireReachable(url);
    await this.endpoints.createIfMissing(projectId);
    const { authorization, isSigned } = await this.credentialsOf(projectId);
    if (isSigned) {
      throw new ConflictException(
        'The endpoint requires a signature, which the API of RevenueCat cannot enable. Create the webhook in the dashboard of RevenueCat and enable signing, or stop requiring a signature.',
      );
    }
    // Others may have created one since the first look. RevenueCat accepts several with the same URL.
    const { access, expected, webhooks } = requireNoneOfOurs(await this.read(projectId));
    const environment = environmentOf(change, expected);
    const created = await changed(
      this.api.create(access, {
        ...{ name: expected.name, url, authorization },
        ...{ environment, eventTypes: null, appId: null },
      }),
    );
    return checkOf([...webhooks, created], expected);
  }

  /** Sets a webhook of ours to what it should be, including the newest Authorization value. */
  update(projectId: string, id: string, change: WebhookChange = {}): Promise<WebhookCheck> {
    return this.oneByOne(projectId, () => this.updateAlone(projectId, id, change));
  }

  private async updateAlone(projectId: string, id: string, change: WebhookChange): Promise<WebhookCheck> {
    const { access, expected, webhooks, ours } = await this.read(projectId);
    const { appId } = requireOurs(ours, id);
    const { authorization } = await this.credentialsOf(projectId);
    const updated = await changed(
      this.api.update(access, id, {
        ...{ authorization, environment: environmentOf(change, expected), eventTypes: null },
        appId: ours.length > 1 ? appId : null,
      }),
    );
    return checkOf(
      webhooks.map((webhook) => (webhook.id === id ? updated : webhook)),
      expected,
    );
  }

  /** Deletes a webhook of ours that is not the only one. */
  delete(projectId: string, id: string): Promise<WebhookCheck> {
    return this.oneByOne(projectId, () => this.deleteAlone(projectId, id));
  }

  private async deleteAlone(projectId: string, id: string): Promise<WebhookCheck> {
    const { access, expected, webhooks, ours } = await this.read(projectId);
    requireOurs(ours, id);
    if (ours.length < 2) {
      throw new ConflictException(
        'It is the only webhook that sends events to this project. Delete it in the dashboard of RevenueCat.',
      );
    }
    await changed(this.api.delete(access, id));
    return checkOf(
      webhooks.filter((webhook) => webhook.id !== id),
      expected,
    );
  }

  private async oneByOne<T>(projectId: string, change: () => Promise<T>): Promise<T> {
    const result = (this.changes.get(projectId) ?? Promise.resolve()).then(change, change);
    this.changes.set(projectId, result);
    try {
      return await result;
    } finally {
      if (this.changes.get(projectId) === result) this.changes.delete(projectId);
    }
  }

  private async read(projectId: string): Promise<CurrentWebhooks> {
    const integration = await this.requireIntegration(projectId);
    const { lookup: access } = integration;
    if (access === undefined) throw new ConflictException(noKey);
    const expected = this.expectedOf(integration);
    const webhooks = await this.api.list(access).catch(throwExplained(readWebhooksPermission));
    return { access, expected, webhooks, ours: webhooks.filter((one) => isOurs(one, expected.urls)) };
  }

  private expectedOf(integration: Integration): ExpectedWebhook {
    const { projectId } = integration;
    const isDefault = projectId === this.options.defaultProjectId;
    return expectedWebhook(projectId, integration, this.endpoints.urlsOf(projectId, isDefault));
  }

  private async requireIntegration(projectId: string): Promise<Integration> {
    const integration = await this.findReadable(projectId);
    if (integration !== undefined) return integration;
    throw new NotFoundException(noIntegration(projectId));
  }

  private async findReadable(projectId: string): Promise<Integration | undefined> {
    const current = await this.integrations.findCurrent(projectId);
    return current?.kind === 'ready' ? current.integration : undefined;
  }

  private async credentialsOf(projectId: string) {
    const credentials = await this.endpoints.credentialsOf(projectId);
    const { authorizations = [], signingSecrets = [] } = credentials ?? {};
    if (authorizations.length + signingSecrets.length === 0) {
      throw new ConflictException(
        'The webhook endpoint has no readable credentials: replace the Authorization value first.',
      );
    }
    return { authorization: authorizations[0], isSigned: signingSecrets.length > 0 };
  }

  private requireReachable(url: string): void {
    if (isReachable(url, this.options.apiUrl)) return;
    throw new ConflictException(
      `RevenueCat cannot reach ${url}. Set INGEST_PUBLIC_URL to the public URL of ingest, and restart the console.`,
    );
  }
}

const noIntegration = (projectId: string): string =>
  `Project "${projectId}" has no integration that can be read.`;

const noKey =
  'The integration has no API key of RevenueCat. Enable "Use the API of RevenueCat" (lookup in the settings) with a key that may also change integrations, or set up the webhook in the dashboard of RevenueCat.';

const unread = (state: WebhookCheck['state'], detail: string): WebhookCheck => ({
  ...{ state, detail, webhooks: [], findings: [] },
});

function checkOf(webhooks: readonly RevenueCatWebhook[], expected: ExpectedWebhook): WebhookCheck {
  return {
    state: 'read',
    detail: null,
    webhooks: webhooks.map((webhook) => {
      const ours = isOurs(webhook, expected.urls);
      return { ...webhook, isOurs: ours, url: ours ? webhook.url : originOf(webhook.url) };
    }),
    findings: compareWebhooks(webhooks, expected),
  };
}

function environmentOf(
  { environment }: WebhookChange,
  expected: ExpectedWebhook,
): ExpectedWebhook['environment'] {
  if (environment === undefined) return expected.environment;
  return environment === 'both' ? null : environment;
}

function requireNoneOfOurs(current: CurrentWebhooks): CurrentWebhooks {
  if (current.ours.length === 0) return current;
  throw new ConflictException('RevenueCat already has a webhook with this URL: update it instead.');
}

function requireOurs(ours: readonly RevenueCatWebhook[], id: string): RevenueCatWebhook {
  const webhook = ours.find((one) => one.id === id);
  if (webhook !== undefined) return webhook;
  throw new NotFoundException(
    'RevenueCat has no webhook with this id that sends to the webhook URL of this project. Others are never changed here.',
  );
}

function changed<T>(work: Promise<T>): Promise<T> {
  return work.catch(throwExplained(changeWebhooksPermission));
}

function throwExplained(permission: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof RevenueCatApiError)) throw error;
    const { state, problem, remedy } = explainFailure(error, permission);
    const detail = `${problem} ${remedy}`;
    if (state !== 'unavailable' || isRejection(error)) throw new ConflictException(detail);
    throw new ServiceUnavailableException(
      `${detail} If this was a change, it may still have been made: check before you repeat it.`,
      { cause: error },
    );
  };
}

/** Whether RevenueCat would reject the request again. 423 and 429 pass. */
function isRejection({ status = 500 }: RevenueCatApiError): boolean {
  return status < 500 && status !== 423 && status !== 429;
}
