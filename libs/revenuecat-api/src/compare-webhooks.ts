import { type RevenueCatWebhook } from './webhooks-api';

/** A difference between the webhooks of a project in RevenueCat and what they should be. */
export interface WebhookFinding {
  kind: 'missing' | 'environment' | 'event_types' | 'app' | 'duplicate';
  /** `problem`: events are lost, or sent twice. `notice`: a difference without such an effect. */
  severity: 'problem' | 'notice';
  /** Null if it concerns no existing webhook. */
  webhookId: string | null;
  text: string;
  /** The change of the webhook that removes the difference. */
  fix: 'create' | 'update' | 'delete' | null;
}

/** What a project's webhook in RevenueCat should be. */
export interface ExpectedWebhook {
  /** The name with which it is created. */
  name: string;
  /** The webhook URLs of the project. */
  urls: readonly string[];
  /** Null: both environments. */
  environment: 'production' | null;
  /** The event types that the integration selects; a trailing `*` matches any ending. */
  eventTypes: readonly string[];
}

/** @param urls the webhook URLs of the project */
export function expectedWebhook(
  projectId: string,
  { includeSandbox, eventTypes }: { includeSandbox: boolean; eventTypes: readonly string[] },
  urls: readonly string[],
): ExpectedWebhook {
  const name = `revenuecat-statsig ${projectId}`;
  return { name, urls, environment: includeSandbox ? null : 'production', eventTypes };
}

const localHosts = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Whether RevenueCat can send webhooks to a URL. A local RevenueCat, as in tests, can reach a local URL. */
export function isReachable(url: string, apiUrl: string): boolean {
  const isLocal = (address: string): boolean => localHosts.has(new URL(address).hostname);
  return !isLocal(url) || isLocal(apiUrl);
}

/** Whether the webhook sends to one of the URLs. A webhook that is not ours is never changed. */
export function isOurs({ url }: Pick<RevenueCatWebhook, 'url'>, urls: readonly string[]): boolean {
  const normal = normalUrl(url);
  return urls.some((one) => normalUrl(one) === normal);
}

/** Finds the differences between the webhooks in RevenueCat and what they should be. */
export function compareWebhooks(
  webhooks: readonly RevenueCatWebhook[],
  expected: ExpectedWebhook,
): WebhookFinding[] {
  const ours = webhooks
    .filter((webhook) => isOurs(webhook, expected.urls))
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs);
  if (ours.length === 0) return [missingFinding(webhooks, expected.name)];
  return ours.flatMap((webhook) => [
    ...environmentFinding(webhook, expected.environment),
    ...typesFinding(webhook, expected.eventTypes),
    ...appFinding(webhook, ours.length === 1),
    ...duplicateFinding(webhook, ours, expected.environment),
  ]);
}

/** A webhook with our name was probably created here, before one of the URLs changed. */
function missingFinding(webhooks: readonly RevenueCatWebhook[], name: string): WebhookFinding {
  const moved = webhooks.find((webhook) => webhook.name === name);
  const text = [
    'No webhook in RevenueCat sends to the webhook URL of this project.',
    ...(moved === undefined
      ? []
      : [
          `The webhook "${name}" (${moved.id}) sends to another URL at ${originOf(moved.url)}: change that URL in RevenueCat, or delete the webhook.`,
        ]),
  ].join(' ');
  return { kind: 'missing', severity: 'problem', webhookId: null, text, fix: 'create' };
}

function environmentFinding(
  { id, environment }: RevenueCatWebhook,
  expected: ExpectedWebhook['environment'],
): WebhookFinding[] {
  if (environment === expected) return [];
  const finding = { kind: 'environment', webhookId: id, fix: 'update' } as const;
  if (environment === null) {
    const text = 'It also sends sandbox events, which this integration filters out.';
    return [{ ...finding, severity: 'notice', text }];
  }
  const missing = environment === 'production' ? 'sandbox' : 'production';
  return [
    { ...finding, severity: 'problem', text: `It sends only ${environment} events, no ${missing} events.` },
  ];
}

function typesFinding({ id, eventTypes }: RevenueCatWebhook, selected: readonly string[]): WebhookFinding[] {
  if (eventTypes === null) return [];
  const finding = { kind: 'event_types', webhookId: id, fix: 'update' } as const;
  const missing = selected.filter((type) => !eventTypes.includes(type.toLowerCase()));
  if (missing.length > 0) {
    const text = `It does not send all selected event types: ${missing.join(', ')}.`;
    return [{ ...finding, severity: 'problem', text }];
  }
  const text =
    'It sends only some event types. Events of other types are not sent to Statsig, but they update the profiles of customers.';
  return [{ ...finding, severity: 'notice', text }];
}

function appFinding({ id, appId }: RevenueCatWebhook, isOnly: boolean): WebhookFinding[] {
  if (appId === null) return [];
  const text = `It sends only the events of the app ${appId}.`;
  const finding = { kind: 'app', webhookId: id, text } as const;
  // Several webhooks may be meant to cover one app each. Extending one to all apps would duplicate events.
  return isOnly
    ? [{ ...finding, severity: 'problem', fix: 'update' }]
    : [{ ...finding, severity: 'notice', fix: null }];
}

/** Of two webhooks that send the same, the newer one is the duplicate. */
function duplicateFinding(
  webhook: RevenueCatWebhook,
  ours: readonly RevenueCatWebhook[],
  expected: ExpectedWebhook['environment'],
): WebhookFinding[] {
  const at = ours.indexOf(webhook);
  const isIncludedIn = (other: RevenueCatWebhook, i: number): boolean =>
    i !== at && includes(other, webhook, expected) && (i < at || !includes(webhook, other, expected));
  const whole = ours.find(isIncludedIn);
  const finding = { kind: 'duplicate', severity: 'problem' } as const;
  if (whole !== undefined)
    return [{ ...finding, webhookId: webhook.id, text: sentTwice(whole), fix: 'delete' }];
  const older = ours
    .slice(0, at)
    .find((other) => overlaps(webhook, other) && !includes(webhook, other, expected));
  if (older === undefined) return [];
  // Deleting either would lose events, and an update does not extend it to other apps.
  const [kept, other] =
    webhook.appId === null || webhook.appId === older.appId ? [webhook, older] : [older, webhook];
  const text = `${sentTwice(other)} Each also sends events that the other does not: update this one before you delete the other.`;
  return [{ ...finding, webhookId: kept.id, text, fix: 'update' }];
}

function sentTwice({ name }: RevenueCatWebhook): string {
  return `RevenueCat sends events twice: through this webhook and through "${name}". The second one is discarded, but it still costs traffic.`;
}

/**
 * Whether both send some event, and the first one sends all events of the second one. Those of an environment that is not expected
 * do not count.
 */
function includes(
  whole: RevenueCatWebhook,
  part: RevenueCatWebhook,
  expected: ExpectedWebhook['environment'],
): boolean {
  const { appId, environment, eventTypes } = whole;
  return (
    overlaps(whole, part) &&
    (appId === null || appId === part.appId) &&
    (environment === null || environment === (part.environment ?? expected)) &&
    (eventTypes === null || part.eventTypes?.every((type) => eventTypes.includes(type)) === true)
  );
}

/** Whether some event can be sent through both. */
function overlaps(a: RevenueCatWebhook, b: RevenueCatWebhook): boolean {
  const share = (one: string | null, other: string | null): boolean =>
    one === null || other === null || one === other;
  return (
    share(a.appId, b.appId) &&
    share(a.environment, b.environment) &&
    (a.eventTypes?.some((type) => b.eventTypes?.includes(type) ?? true) ?? b.eventTypes?.length !== 0)
  );
}

/** The rest of the URL of another webhook may be a secret. */
export function originOf(url: string): string {
  return URL.parse(url)?.origin ?? '';
}

/** ingest ignores a slash at the end of the path, and repeated slashes. */
function normalUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return url;
  const path = parsed.pathname.replaceAll(/\/+/g, '/').replace(/\/$/, '');
  return `${parsed.origin}${path}${parsed.search}`;
}
