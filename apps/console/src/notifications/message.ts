import { createHmac } from 'node:crypto';
import { type Channel, secretPrefix } from './channel';
import { type Notification } from './notification';

/** An HTTP request, without its URL. */
export interface MessageRequest {
  headers: Record<string, string>;
  body: string;
}

/** @param publicUrl base of the links; undefined for messages without links */
export function requestFor(
  channel: Channel,
  notification: Notification,
  publicUrl: string | undefined,
  nowMs: number,
): MessageRequest {
  const json = { 'content-type': 'application/json', 'user-agent': 'revenuecat-statsig' };
  const link = publicUrl === undefined ? null : linkOf(notification, publicUrl);
  const text = textOf(notification);
  switch (channel.kind) {
    case 'slack': {
      const suffix = link === null ? '' : ` <${link}|Open the console>`;
      return { headers: json, body: JSON.stringify({ text: `${escapeMarkup(text)}${suffix}` }) };
    }
    case 'webhook': {
      const body = JSON.stringify(payloadOf(notification, text, link));
      return { headers: { ...json, ...signature(notification.id, body, channel.secret, nowMs) }, body };
    }
  }
}

/**
 * The headers by which a receiver verifies the sender, the time and the body:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
function signature(id: string, body: string, secret: string, nowMs: number): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${digest}` };
}

function payloadOf(notification: Notification, text: string, link: string | null) {
  const { id, type, atMs, projectId, reason, count, status, sinceMs } = notification;
  return {
    id,
    type,
    timestamp: new Date(atMs).toISOString(),
    data: {
      project: projectId,
      reason,
      count,
      status,
      since: sinceMs === null ? null : new Date(sinceMs).toISOString(),
      text,
      link,
    },
  };
}

function textOf({ type, projectId, reason, count, status, sinceMs }: Notification): string {
  const project = projectId === null ? 'All projects' : `Project ${projectId}`;
  const responded = status === null ? '' : ` Statsig responded with ${status}.`;
  const since = sinceMs === null ? '' : ` since ${new Date(sinceMs).toISOString()}`;
  switch (type) {
    case 'integration.suspended':
      return `${project}: the integration is suspended, because Statsig rejects every request.${responded} Its events wait in Kafka. Check the secret and the URL.`;
    case 'integration.retrying':
      return `${project}: the integration keeps retrying.${responded} Its events wait in Kafka and are sent when Statsig accepts them.`;
    case 'integration.recovered':
      return `${project}: Statsig accepts events again.`;
    case 'dead_letters.opened':
      return `${project}: first dead letter with the reason ${reason ?? 'unknown'} (${count ?? 1} open). Fix the cause, then redrive.`;
    case 'dead_letters.cleared':
      return `${project}: no dead letter with the reason ${reason ?? 'unknown'} is open now.`;
    case 'webhooks.rejected':
      return `${project}: webhooks are rejected (${reason ?? 'unknown'}, ${count ?? 1} in the last 24 hours). RevenueCat drops an event after about 155 minutes of rejections.`;
    case 'webhooks.rejections_ended':
      return `${project}: no webhook was rejected (${reason ?? 'unknown'}) for two hours.`;
    case 'webhooks.silent':
      return `${project}: no event arrived${since}, although many arrived at this time yesterday. Check the webhook in RevenueCat and that ingest is reachable.`;
    case 'webhooks.resumed':
      return `${project}: events arrive again.`;
    case 'retention.at_risk':
      return `${project}: an event has waited for half of the retention of its topic. Kafka deletes it when the retention ends.`;
    case 'retention.safe':
      return `${project}: no event has waited for half of the retention of its topic now.`;
    case 'test':
      return `${project}: this is a test of a notification channel.`;
  }
}

function linkOf({ type, projectId }: Notification, publicUrl: string): string {
  const base = publicUrl.replace(/\/+$/, '');
  if (type.startsWith('dead_letters.')) return `${base}/dead-letters`;
  return type.startsWith('integration.') && projectId !== null
    ? `${base}/integrations/${encodeURIComponent(projectId)}`
    : `${base}/`;
}

/** Slack reads these characters as markup: https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
