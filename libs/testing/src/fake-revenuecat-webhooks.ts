/** A webhook integration as RevenueCat's API returns it: without the Authorization value. */
export interface FakeWebhook {
  object: 'webhook_integration';
  id: string;
  project_id: string;
  name: string;
  url: string;
  environment: string | null;
  event_types: string[] | null;
  app_id: string | null;
  created_at: number;
}

interface FakeResponse {
  status: number;
  body: object;
}

interface Settings extends Partial<Omit<FakeWebhook, 'object' | 'id' | 'project_id' | 'created_at'>> {
  authorization_header?: string | null;
}

/** The fields that a request may have, with their required type; null is allowed for some. */
const fields: Record<keyof Settings, (value: unknown) => boolean> = {
  name: (value) => typeof value === 'string' && value !== '',
  url: (value) => typeof value === 'string' && URL.canParse(value),
  authorization_header: (value) => value === null || typeof value === 'string',
  environment: (value) => value === null || value === 'production' || value === 'sandbox',
  event_types: (value) =>
    value === null ||
    (Array.isArray(value) && value.every((type) => webhookEventTypes.includes(String(type)))),
  app_id: (value) => value === null || (typeof value === 'string' && value !== ''),
};

/** The types that a webhook can be limited to (RevenueCat/docs, openapi-spec/api-v2.yaml, schema WebhookEventType). */
const webhookEventTypes = [
  ...['initial_purchase', 'renewal', 'product_change', 'cancellation', 'billing_issue', 'uncancellation'],
  ...['non_renewing_purchase', 'transfer', 'subscription_paused', 'expiration', 'subscription_extended'],
  ...['invoice_issuance', 'temporary_entitlement_grant', 'refund_reversed', 'virtual_currency_transaction'],
];

/** The webhooks of one project in {@link FakeRevenueCat}. */
export class FakeWebhooks {
  readonly all: FakeWebhook[] = [];
  /** The Authorization values, by id of the webhook. The API returns none of them. */
  readonly authorizations = new Map<string, string | null>();
  private created = 0;

  /** Adds a webhook as if it had been created in the dashboard. */
  add(settings: Settings & { url: string }): FakeWebhook {
    this.created += 1;
    const { authorization_header: authorization = null, ...given } = settings;
    const webhook: FakeWebhook = {
      ...{ object: 'webhook_integration' as const, id: `whintgr${this.created}`, project_id: 'proj1' },
      ...{ name: 'Webhook', environment: null, event_types: null, app_id: null, created_at: this.created },
      ...given,
    };
    this.all.push(webhook);
    this.authorizations.set(webhook.id, authorization);
    return webhook;
  }

  reset(): void {
    this.all.length = 0;
    this.authorizations.clear();
  }

  /** @param id undefined for the list of webhooks */
  respond(method: string, id: string | undefined, body: unknown): FakeResponse {
    if (id === undefined) return this.create(body);
    const webhook = this.all.find((one) => one.id === id);
    if (webhook === undefined) return errorResponse(404, 'resource_missing', 'Webhook integration not found');
    if (method === 'DELETE') {
      this.all.splice(this.all.indexOf(webhook), 1);
      return { status: 200, body: { object: 'webhook_integration', id, deleted_at: 2 } };
    }
    return method === 'POST' ? this.update(webhook, body) : { status: 200, body: webhook };
  }

  private create(body: unknown): FakeResponse {
    const settings = body as Settings;
    const wrong = wrongField(settings) ?? (['name', 'url'] as const).find((name) => !(name in settings));
    return wrong === undefined
      ? { status: 201, body: this.add(settings as Settings & { url: string }) }
      : parameterError(wrong);
  }

  private update(webhook: FakeWebhook, body: unknown): FakeResponse {
    const { authorization_header: authorization, ...settings } = body as Settings;
    const wrong = wrongField(body as Settings);
    if (wrong !== undefined) return parameterError(wrong);
    Object.assign(webhook, settings);
    if (authorization !== undefined) this.authorizations.set(webhook.id, authorization);
    return { status: 200, body: webhook };
  }
}

function wrongField(settings: Settings): string | undefined {
  return Object.entries(settings).find(
    ([name, value]) => !(name in fields) || !fields[name as keyof Settings](value),
  )?.[0];
}

function parameterError(param: string): FakeResponse {
  return errorResponse(400, 'parameter_error', `${param} is invalid`, { param });
}

/** An error in the format of the API (RevenueCat/docs, openapi-spec/api-v2.yaml, schema Error). */
export function errorResponse(
  status: number,
  type: string,
  message: string,
  other: object = {},
): FakeResponse {
  return { status, body: { object: 'error', type, message, retryable: false, ...other } };
}
