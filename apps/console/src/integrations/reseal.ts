import { type IntegrationStore, type WebhookCredentialsStore } from '@app/integrations';
import { type ResealResult } from '../../api/integrations';
import { type ChannelStore } from '../notifications/channel-store';

type Failure = ResealResult['failures'][number];

/** Encrypts the secrets of all integrations, webhook endpoints and notification channels with the first key, so that the others can be removed. */
export async function resealAll(
  integrations: IntegrationStore,
  webhooks: WebhookCredentialsStore | undefined,
  channels: ChannelStore | undefined,
): Promise<ResealResult> {
  const failures: Failure[] = [];
  const reseal = async (
    ids: readonly string[],
    what: Failure['what'],
    one: (id: string) => Promise<void>,
    projectIdOf: (id: string) => string | null = (projectId) => projectId,
  ): Promise<number> => {
    let count = 0;
    for (const id of ids.toSorted()) {
      try {
        await one(id);
        count += 1;
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        failures.push({ projectId: projectIdOf(id), what, detail });
      }
    }
    return count;
  };
  const projectOfChannel = new Map(
    (await channels?.list())?.map(({ sealed }) => [sealed.id, sealed.projectId]),
  );
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
    notificationChannels: await reseal(
      [...projectOfChannel.keys()],
      'notification channel',
      async (id) => channels?.reseal(id),
      (id) => projectOfChannel.get(id) ?? null,
    ),
    failures,
  };
}
