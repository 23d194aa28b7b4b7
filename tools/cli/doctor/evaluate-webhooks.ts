import { type RejectedWebhooks } from '@app/integrations';
import {
  compareWebhooks,
  type ExpectedWebhook,
  explainFailure,
  isOurs,
  readWebhooksPermission,
  RevenueCatApiError,
  type RevenueCatWebhook,
  type WebhookFinding,
} from '@app/revenuecat-api';
import { error, type Finding, ok, warning } from './finding';

/** What is known of the webhooks of a project in RevenueCat. */
export interface WebhookInspection {
  projectId: string;
  /** Or why they were not read. */
  webhooks: readonly RevenueCatWebhook[] | RevenueCatApiError;
  expected: ExpectedWebhook;
  /** Whether the URL that the integration shows is one that RevenueCat can reach. */
  isReachable: boolean;
  /** Webhooks that ingest rejected because of their Authorization value; undefined if none in the last 24 hours. */
  unauthorized: RejectedWebhooks | undefined;
}

export function evaluateWebhooks(inspection: WebhookInspection): Finding[] {
  const { projectId, webhooks, expected, isReachable, unauthorized } = inspection;
  const subject = `webhook of ${projectId}`;
  if (!isReachable) {
    const found = `RevenueCat cannot reach ${expected.urls[0] ?? ''}, so its webhooks are not compared.`;
    const action = 'Set INGEST_PUBLIC_URL to the public URL of ingest, for the console and for this command.';
    return [warning(subject, found, action)];
  }
  if (webhooks instanceof RevenueCatApiError) return [failureFinding(subject, webhooks)];
  const ours = webhooks.filter((webhook) => isOurs(webhook, expected.urls));
  const different = [
    ...compareWebhooks(webhooks, expected).map((finding) => differenceFinding(subject, projectId, finding)),
    ...(unauthorized === undefined || ours.length === 0
      ? []
      : [authorizationFinding(subject, unauthorized, ours)]),
  ];
  if (different.length > 0) return different;
  return [
    ok(
      subject,
      `${ours.map(({ id }) => id).join(', ')} in RevenueCat sends what the integration needs, and no webhook was rejected because of its Authorization value in the last 24 hours.`,
    ),
  ];
}

function failureFinding(subject: string, cause: RevenueCatApiError): Finding {
  const { state, problem, remedy } = explainFailure(cause, readWebhooksPermission);
  const found = `The webhooks in RevenueCat were not compared. ${problem}`;
  const isWrong = state === 'unauthorized' || state === 'not_found';
  return isWrong ? error(subject, found, remedy) : warning(subject, found, remedy);
}

function differenceFinding(
  subject: string,
  projectId: string,
  { severity, webhookId, text, fix }: WebhookFinding,
): Finding {
  const found = webhookId === null ? text : `${webhookId}: ${text}`;
  if (fix === null) return ok(subject, found);
  const target = webhookId === null || fix === 'create' ? projectId : `${projectId} ${webhookId}`;
  const action = `Run npm run cli -- integrations webhook ${fix} ${target}, or change it in the dashboard of RevenueCat.`;
  return severity === 'problem' ? error(subject, found, action) : warning(subject, found, action);
}

/** RevenueCat does not return the value that it sends. */
function authorizationFinding(
  subject: string,
  { projectId, count, lastAtMs, detail }: RejectedWebhooks,
  ours: readonly RevenueCatWebhook[],
): Finding {
  const fixes = ours.map(({ id }) => `npm run cli -- integrations webhook update ${projectId} ${id}`);
  return warning(
    subject,
    `ingest rejected ${count} webhooks because of their Authorization value, the last one at ${new Date(lastAtMs).toISOString()}: ${detail}`,
    `If they are from RevenueCat, set the newest value there: ${fixes.join('; ')}.`,
  );
}
