import { randomUUID } from 'node:crypto';
import { type Logger } from '@app/platform';
import { receives } from './channel';
import { type ChannelStore } from './channel-store';
import { evaluate, type NotificationSettings } from './evaluate';
import { notificationOf } from './notification';
import { type NotificationQueue } from './notification-queue';
import { type Observation } from './observation';

/** Longer than an evaluation takes, so that its result counts; short, so that another console soon takes over. */
const evaluatorMs = 60_000;

/** Evaluates what the console sees, and queues a message for each change of state and channel. */
export class NotificationMonitor {
  constructor(
    private readonly observe: () => Promise<Observation>,
    private readonly channels: Pick<ChannelStore, 'list'>,
    private readonly queue: Pick<NotificationQueue, 'becomeEvaluator' | 'resign' | 'readStates' | 'commit'>,
    private readonly settings: NotificationSettings,
    private readonly logger: Logger,
  ) {}

  /** Does nothing if another console evaluates. Rejects if Redis is unavailable. */
  async evaluate(): Promise<void> {
    if (!(await this.queue.becomeEvaluator(evaluatorMs))) return;
    const { states: before, text } = await this.queue.readStates();
    const observation = await this.observe();
    const { states, changes } = evaluate(before, observation, this.settings);
    const channels = changes.length === 0 ? [] : await this.channels.list();
    const messages = changes.flatMap((change) => {
      const notification = notificationOf(randomUUID(), change);
      return channels
        .filter(({ sealed }) => receives(sealed, change))
        .map(({ sealed }) => ({ channelId: sealed.id, notification }));
    });
    if (!(await this.queue.commit(text, states, messages))) return;
    // Its read model is not up to date; that of another console may be.
    if (observation.deadLetters === undefined) await this.queue.resign();
    for (const { subject, projectId, reason, level } of changes)
      this.logger.info({ subject, projectId, reason, level }, 'state changed');
  }
}
