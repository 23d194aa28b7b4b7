import { type IntegrationStore, type WebhookCredentialsStore } from '@app/integrations';
import { z } from 'zod';

export const resealResult = z
  .object({
    integrations: z.int(),
    webhookCredentials: z.int(),
    failures: z.array(
      z.object({
        projectId: z.string(),
        what: z.enum(['integration', 'webhook credentials']),
        detail: z.string(),
      }),
    ),
  })
  .meta({
    id: 'ResealResult',
    description:
      'Numbers of projects whose secrets were encrypted with the first key, and those that could not be decrypted',
  });

export type ResealResult = z.output<typeof resealResult>;

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
