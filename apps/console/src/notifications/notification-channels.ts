import { type ChannelStore } from './channel-store';
import { type NotificationQueue } from './notification-queue';
import { type NotificationSender } from './notification-sender';

/** What the API needs to manage and test notification channels. */
export class NotificationChannels {
  constructor(
    /** Undefined if SETTINGS_ENCRYPTION_KEY is not set. */
    readonly store: ChannelStore | undefined,
    readonly queue: Pick<NotificationQueue, 'deliveryOf'>,
    readonly sender: Pick<NotificationSender, 'send'>,
    /** Whether messages may be sent to this machine: only if the console is not reachable from others. */
    readonly allowsLoopback: boolean,
  ) {}
}
