import { type ChannelView } from '../../api/notifications';
import { type StoredChannel } from './channel-store';
import { type ChannelDelivery } from './notification-queue';

export function viewOf({ sealed, opened, version }: StoredChannel, delivery: ChannelDelivery): ChannelView {
  const { id, kind, name, projectId, subjects } = sealed;
  return {
    ...{ id, kind, name, projectId, subjects, version },
    destination: opened.kind === 'readable' ? shortened(opened.channel.url) : null,
    problem: opened.kind === 'readable' ? null : opened.detail,
    delivery: {
      queued: delivery.queued,
      failedAttempts: delivery.attempts,
      nextAttemptAtMs: delivery.queued > 0 ? (delivery.dueAtMs ?? null) : null,
      lastSuccessAtMs: delivery.lastSuccessAtMs ?? null,
      lastErrorAtMs: delivery.lastErrorAtMs ?? null,
      lastError: delivery.lastError ?? null,
      dropped: delivery.dropped,
    },
  };
}

/** A shorter path would be shown to a large part. */
const minPathLength = 12;

function shortened(text: string): string {
  const { origin, pathname, search } = new URL(text);
  const path = pathname + search;
  return path.length < minPathLength ? `${origin}/…` : `${origin}/…${path.slice(-4)}`;
}
