import { type Integration, ingestUrlConfig, projectConfig, webhookUrls } from '@app/integrations';
import { readConfig } from '@app/platform';
import {
  expectedWebhook,
  isReachable,
  RevenueCatApiError,
  revenueCatApiConfig,
  RevenueCatClient,
  type RevenueCatWebhook,
  WebhooksApi,
} from '@app/revenuecat-api';
import { z } from 'zod';
import { evaluateWebhooks } from './evaluate-webhooks';
import { type Finding } from './finding';
import { type RedisInspection } from './inspect-redis';

const timeoutMs = 8_000;
const config = z.object({ ...revenueCatApiConfig, ...projectConfig, ...ingestUrlConfig });

/** Compares the webhooks in RevenueCat with the integrations that have an API key of RevenueCat. */
export async function inspectWebhooks({ integrations, rejections }: RedisInspection): Promise<Finding[]> {
  const settings = readConfig(config);
  const { REVENUECAT_API_URL: apiUrl, INGEST_PUBLIC_URL: publicUrl, PROJECT_ID: defaultProject } = settings;
  const client = new RevenueCatClient(apiUrl);
  const api = new WebhooksApi(client, timeoutMs);
  try {
    const findings = integrations.map(async ({ projectId, settings: integration, problem }) => {
      // The key of an integration that cannot be read is still encrypted.
      if (problem !== undefined || integration?.lookup === undefined) return [];
      const urls = webhookUrls(publicUrl, projectId, projectId === defaultProject);
      return evaluateWebhooks({
        projectId,
        webhooks: await readWebhooks(api, integration.lookup),
        expected: expectedWebhook(projectId, integration, urls),
        isReachable: isReachable(urls[0], apiUrl),
        unauthorized: rejections.find((one) => one.projectId === projectId && one.outcome === 'unauthorized'),
      });
    });
    return (await Promise.all(findings)).flat();
  } finally {
    await client.close();
  }
}

async function readWebhooks(
  api: WebhooksApi,
  access: NonNullable<Integration['lookup']>,
): Promise<RevenueCatWebhook[] | RevenueCatApiError> {
  try {
    return await api.list(access);
  } catch (error) {
    if (error instanceof RevenueCatApiError) return error;
    throw error;
  }
}
