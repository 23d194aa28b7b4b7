import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@app/platform';
import { type Channel } from './channel';
import { type ChannelClient, type SendResult, sendTimeoutMs } from './channel-client';
import { type StoredChannel } from './channel-store';
import { requestFor } from './message';
import { type Notification } from './notification';
import { attempts, possibleRepeats } from './notification.metrics';
import { type AttemptOutcome, type ClaimedMessage, type NotificationQueue } from './notification-queue';
import { outcomeOf } from './retry-policy';

/** Six times the timeout of an attempt, so that there is time to record its outcome. */
const claimMs = 6 * sendTimeoutMs;
const recordIntervalMs = 2_000;
/** After it, messages of other channels come first, so that a slow receiver does not delay them. */
const turnMs = 1_000;

/** Values of the label `outcome`. */
const attemptOutcomes = { sent: 'sent', retry: 'failed', given_up: 'dropped' } as const satisfies Record<
  AttemptOutcome['kind'],
  string
>;

/** Sends the messages that wait for each channel, in order, one at a time for each channel. */
export class NotificationSender {
  constructor(
    private readonly queue: Pick<NotificationQueue, 'claim' | 'release'>,
    private readonly client: Pick<ChannelClient, 'send'>,
    /** Base of the links in messages. */
    private readonly publicUrl: string | undefined,
    private readonly logger: Logger,
  ) {}

  /** Sends what is due now. Begins no further message after the signal. Rejects if Redis is unavailable. */
  async sendDue(channels: readonly StoredChannel[], signal: AbortSignal): Promise<void> {
    const results = await Promise.allSettled(channels.map((channel) => this.sendDueOf(channel, signal)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Sends one message outside the queue. */
  send(channel: Channel, notification: Notification): Promise<SendResult> {
    return this.client.send(channel.url, requestFor(channel, notification, this.publicUrl, Date.now()));
  }

  private async sendDueOf({ sealed, opened }: StoredChannel, signal: AbortSignal): Promise<void> {
    const turnEndMs = performance.now() + turnMs;
    while (!signal.aborted && performance.now() <= turnEndMs) {
      const claimEndMs = performance.now() + claimMs;
      const claimed = await this.queue.claim(sealed.id, randomUUID(), claimMs);
      if (claimed === undefined) return;
      // This process was paused, or Redis was slow. The claim may expire during the attempt, and another console may send.
      if (performance.now() > claimEndMs - sendTimeoutMs) return;
      if (claimed.isPossibleRepeat) possibleRepeats.inc({ cause: 'not_recorded' });
      const result =
        opened.kind === 'readable'
          ? await this.send(opened.channel, claimed.notification)
          : unreadable(opened.detail);
      const outcome = outcomeOf(result, {
        failedAttempts: claimed.failedAttempts,
        ageMs: Date.now() - claimed.notification.atMs,
      });
      if (outcome.kind === 'retry' && result.kind === 'failed' && result.isAmbiguous)
        possibleRepeats.inc({ cause: 'response_lost' });
      attempts.inc({ kind: sealed.kind, outcome: attemptOutcomes[outcome.kind] });
      this.log(claimed, outcome);
      await this.record(claimed, outcome, claimEndMs, signal);
      if (outcome.kind === 'retry') return;
    }
  }

  /** Repeats it until the claim expires, because a message without a recorded outcome is sent again. */
  private async record(
    claimed: ClaimedMessage,
    outcome: AttemptOutcome,
    claimEndMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      try {
        await this.queue.release(claimed, outcome);
        return;
      } catch (error) {
        if (performance.now() > claimEndMs || signal.aborted) throw error;
        await delay(recordIntervalMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private log({ channelId, notification, failedAttempts }: ClaimedMessage, outcome: AttemptOutcome): void {
    const { id, type, projectId } = notification;
    const fields = { channelId, notificationId: id, type, projectId, failedAttempts };
    switch (outcome.kind) {
      case 'sent':
        this.logger.info(fields, 'notification sent');
        return;
      case 'retry':
        this.logger.warn({ ...fields, ...outcome }, 'failed to send notification; retrying');
        return;
      case 'given_up':
        this.logger.error({ ...fields, detail: outcome.detail }, 'failed to send notification; dropped');
    }
  }
}

function unreadable(detail: string): SendResult {
  return { kind: 'failed', status: null, detail, retryAfterMs: undefined, isAmbiguous: false };
}
