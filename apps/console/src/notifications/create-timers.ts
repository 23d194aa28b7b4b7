import { type Logger } from '@app/platform';
import { type ConsoleConfig } from '../console.config';
import { type Observe } from './create-observe';
import { type NotificationChannels } from './notification-channels';
import { NotificationMonitor } from './notification-monitor';
import { type NotificationQueue } from './notification-queue';
import { type NotificationSender } from './notification-sender';
import { NotificationTimer } from './notification-timer';

const evaluationIntervalMs = 10_000;
const sendIntervalMs = 1_000;

export type Evaluated = [NotificationSender, Observe, Logger];

/** Creates the timers of evaluation and sending; none if no channel can exist. */
export function createTimers(
  config: ConsoleConfig,
  { store }: NotificationChannels,
  queue: NotificationQueue,
  [sender, observeNow, logger]: Evaluated,
): NotificationTimer[] {
  if (store === undefined) return [];
  const settings = {
    retryingAfterMs: config.NOTIFICATION_RETRYING_AFTER,
    recoveredAfterMs: config.NOTIFICATION_RECOVERED_AFTER,
    silenceAfterMs: config.NOTIFICATION_SILENCE_AFTER,
  };
  const monitor = new NotificationMonitor(observeNow, store, queue, settings, logger);
  return [
    new NotificationTimer(() => monitor.evaluate(), evaluationIntervalMs, logger),
    new NotificationTimer(
      async (signal) => sender.sendDue(await store.list(), signal),
      sendIntervalMs,
      logger,
    ),
  ];
}
