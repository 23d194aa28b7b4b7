import { type IntegrationStore, type WebhookCredentialsStore } from '@app/integrations';
import { type ResealResult } from '../../api/integrations';

type Failure = ResealResult['failures'][number];

/** Encrypts the secrets of all integrations and webhook endpoints with the first key, so that the others can be removed. */
export async function resealAll(
  integrations: IntegrationStore,
  webhooks: WebhookCredentialsStore | undefined,
): Promise<ResealResult> {
  const failures: Failure[] = [];
  const reseal = async (
    projectIds: readonly string[],
    what: Failure['what'],
    one: (projectId: string) => Promise<void>,
  ): Promise<number> => {
    let count = 0;
    for (const projectId of projectIds.toSorted()) {
      try {
        await one(projectId);
        count += 1;
      } catch (error) {
        failures.push({ projectId, what, detail: error instanceof Error ? error.message : String(error) });
      }
    }
    return count;
  };
  const stored = Object.entries((await webhooks?.readAll()) ?? {});
  return {
    integrations: await reseal(await integrations.projectIds(), 'integration', (id) =>
      integrations.reseal(id),
    ),
    webhookCredentials: await reseal(
      stored.flatMap(([projectId, sealed]) => (sealed === '' ? [] : [projectId])),
      'webhook credentials',
      async (id) => webhooks?.reseal(id),
    ),
    failures,
  };
}
