import { z } from 'zod';
import { type ApiAccess, type RevenueCatClient } from './api-client';
import { errorOfFailure } from './api-error';

/**
 * A webhook integration. The API returns neither its Authorization value, nor whether it is signed or enabled
 * (RevenueCat/docs, openapi-spec/api-v2.yaml, schema WebhookIntegration).
 */
const webhook = z
  .object({
    id: z.string().min(1),
    name: z.string(),
    url: z.string(),
    environment: z.string().nullish(),
    event_types: z.array(z.string()).nullish(),
    app_id: z.string().nullish(),
    created_at: z.number(),
  })
  .transform(({ id, name, url, environment, event_types: eventTypes, app_id: appId, created_at }) => ({
    id,
    name,
    url,
    /** `production` or `sandbox`. Null: both. */
    environment: environment ?? null,
    /** In lower case. Null: all. */
    eventTypes: eventTypes ?? null,
    /** Null: all apps of the project. */
    appId: appId ?? null,
    createdAtMs: created_at,
  }));

export type RevenueCatWebhook = z.output<typeof webhook>;

/** What a webhook is set to. */
export interface WebhookSettings extends Pick<RevenueCatWebhook, 'environment' | 'eventTypes' | 'appId'> {
  authorization: string | undefined;
}

/** Permission of the API key that is needed to list webhooks. */
export const readWebhooksPermission = 'project_configuration:integrations:read';
/** Permission of the API key that is needed to create, change and delete webhooks. */
export const changeWebhooksPermission = 'project_configuration:integrations:read_write';

const path = '/integrations/webhooks';
const pathTo = (id: string): string => `${path}/${encodeURIComponent(id)}`;

/**
 * The webhooks of a project in RevenueCat. All requests together are limited to 60 a minute and key. Throws
 * `RevenueCatApiError`.
 */
export class WebhooksApi {
  constructor(
    private readonly client: RevenueCatClient,
    /** Timeout of each call, in ms. */
    private readonly timeoutMs: number,
  ) {}

  /** Every webhook once, although pages overlap if the list changes meanwhile. Rejects if there are more than ten pages. */
  async list(access: ApiAccess): Promise<RevenueCatWebhook[]> {
    const items = await this.client.list(access, path, { signal: this.signal(), mustBeComplete: true });
    const parsed = z.array(webhook).safeParse(items);
    if (!parsed.success) throw errorOfFailure(parsed.error);
    return [...new Map(parsed.data.map((one) => [one.id, one])).values()];
  }

  create(
    access: ApiAccess,
    { name, url, ...settings }: WebhookSettings & { name: string; url: string },
  ): Promise<RevenueCatWebhook> {
    const body = { name, url, ...bodyOf(settings) };
    return this.client.send(access, 'POST', path, { body, response: webhook, signal: this.signal() });
  }

  /** Changes the settings, and keeps name and URL. */
  update(access: ApiAccess, id: string, settings: WebhookSettings): Promise<RevenueCatWebhook> {
    const body = bodyOf(settings);
    return this.client.send(access, 'POST', pathTo(id), { body, response: webhook, signal: this.signal() });
  }

  async delete(access: ApiAccess, id: string): Promise<void> {
    await this.client.send(access, 'DELETE', pathTo(id), { response: z.unknown(), signal: this.signal() });
  }

  private signal(): AbortSignal {
    return AbortSignal.timeout(this.timeoutMs);
  }
}

function bodyOf({ environment, eventTypes, appId, authorization }: WebhookSettings) {
  return {
    authorization_header: authorization ?? null,
    environment,
    event_types: eventTypes,
    app_id: appId,
  };
}
