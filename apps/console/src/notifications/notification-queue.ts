import { type RedisClient } from '@app/platform';
import { z } from 'zod';
import { type AlertStates, alertStates } from './evaluate';
import { type Notification } from './notification';
import { channelsKey, claimKey, deliveryKey, evaluatorKey, queueKey, statesKey } from './notification-keys';

/** Beyond it, the oldest message of a channel is dropped. */
const maxQueued = 500;

/**
 * Becomes or remains the evaluator.
 *
 * KEYS[1]  evaluator
 * ARGV     id of this console, lifetime in ms
 * Returns  1 if this console is the evaluator, 0 if it is another one
 */
const acquire = `
  local owner = redis.call('GET', KEYS[1])
  if owner and owner ~= ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
`;

/**
 * KEYS[1]  evaluator
 * ARGV     id of this console
 */
const resign = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
`;

/**
 * Stores new states together with the messages for the changes, so that each change has its messages exactly once.
 *
 * KEYS[1]  states
 * KEYS[2]  evaluator
 * KEYS[3]  hash of channels
 * KEYS[n]  queue and delivery state of the channel, for each message
 * ARGV     id of this console, expected states, new states, maximum length of a queue; then id of the channel and text,
 *          for each message
 * Returns  1 if they were stored, 0 if another console is the evaluator or the states have changed
 */
const commit = `
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
  if (redis.call('GET', KEYS[1]) or '') ~= ARGV[2] then return 0 end
  redis.call('SET', KEYS[1], ARGV[3])
  for i = 4, #KEYS, 2 do
    if redis.call('HEXISTS', KEYS[3], ARGV[i + 1]) == 1 then
      if redis.call('RPUSH', KEYS[i], ARGV[i + 2]) > tonumber(ARGV[4]) then
        redis.call('LPOP', KEYS[i])
        redis.call('HINCRBY', KEYS[i + 1], 'dropped', 1)
        redis.call('HDEL', KEYS[i + 1], 'attempts', 'claimed')
      end
    end
  end
  return 1
`;

/**
 * Claims the first message of a channel, if it is due and not claimed.
 *
 * KEYS     queue, delivery state, claim
 * ARGV     token of the claim, lifetime in ms
 * Returns  the message, its failed attempts, and 1 if an earlier claim of it expired, otherwise 0; or nothing
 */
const claim = `
  local message = redis.call('LINDEX', KEYS[1], 0)
  if not message then return nil end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  if tonumber(redis.call('HGET', KEYS[2], 'dueAtMs') or '0') > now then return nil end
  if not redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[2]) then return nil end
  local wasClaimed = redis.call('HEXISTS', KEYS[2], 'claimed')
  redis.call('HSET', KEYS[2], 'claimed', 1)
  return { message, redis.call('HGET', KEYS[2], 'attempts') or '0', wasClaimed }
`;

/**
 * Ends a claim with the outcome of the attempt.
 *
 * KEYS     queue, delivery state, claim, hash of channels
 * ARGV     token of the claim, message, outcome, delay of the next attempt in ms, detail of a failure, id of the channel
 * Returns  1, or 0 if the claim had expired, so that another console may send the message again
 */
const release = `
  if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
  redis.call('DEL', KEYS[3])
  redis.call('HDEL', KEYS[2], 'claimed')
  if redis.call('HEXISTS', KEYS[4], ARGV[6]) == 0 then return 1 end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local outcome = ARGV[3]
  if outcome == 'sent' then
    redis.call('HSET', KEYS[2], 'lastSuccessAtMs', now)
  else
    redis.call('HSET', KEYS[2], 'lastErrorAtMs', now, 'lastError', ARGV[5])
  end
  if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[2] then return 1 end
  if outcome == 'retry' then
    redis.call('HINCRBY', KEYS[2], 'attempts', 1)
    redis.call('HSET', KEYS[2], 'dueAtMs', now + ARGV[4])
  else
    redis.call('LPOP', KEYS[1])
    redis.call('HDEL', KEYS[2], 'attempts', 'dueAtMs')
    if outcome == 'given_up' then redis.call('HINCRBY', KEYS[2], 'dropped', 1) end
  end
  return 1
`;

interface QueuedMessage {
  channelId: string;
  notification: Notification;
}

/** A message that only this console may send, until the claim expires. */
export interface ClaimedMessage extends QueuedMessage {
  token: string;
  /** As it is queued. */
  text: string;
  failedAttempts: number;
  /** A console that claimed it before did not record the outcome, but may have sent it. */
  isPossibleRepeat: boolean;
}

export type AttemptOutcome =
  | { kind: 'sent' }
  | { kind: 'retry'; delayMs: number; detail: string }
  | { kind: 'given_up'; detail: string };

const time = z.coerce.number().optional();
const deliverySchema = z.object({
  attempts: z.coerce.number().default(0),
  dueAtMs: time,
  lastSuccessAtMs: time,
  lastErrorAtMs: time,
  lastError: z.string().optional(),
  dropped: z.coerce.number().default(0),
});

/** What happened to the messages of a channel. */
export interface ChannelDelivery extends z.output<typeof deliverySchema> {
  queued: number;
}

/** The reported states and the messages that wait to be sent, in Redis, shared by all consoles. */
export class NotificationQueue {
  /** @param consoleId differs for each process */
  constructor(
    private readonly redis: RedisClient,
    private readonly consoleId: string,
  ) {}

  /** One console evaluates at a time, because the read models of two may differ for a moment. */
  async becomeEvaluator(lifetimeMs: number): Promise<boolean> {
    return (await this.redis.eval(acquire, 1, evaluatorKey, this.consoleId, lifetimeMs)) === 1;
  }

  /** Lets another console become the evaluator. */
  async resign(): Promise<void> {
    await this.redis.eval(resign, 1, evaluatorKey, this.consoleId);
  }

  /** Returns the states and their stored text, which {@link commit} expects. */
  async readStates(): Promise<{ states: AlertStates; text: string }> {
    const text = (await this.redis.get(statesKey)) ?? '';
    return { states: text === '' ? {} : alertStates.parse(JSON.parse(text)), text };
  }

  /** Returns false if nothing was stored, because another console has stored states since. */
  async commit(before: string, states: AlertStates, messages: readonly QueuedMessage[]): Promise<boolean> {
    const keys = messages.flatMap(({ channelId }) => [queueKey(channelId), deliveryKey(channelId)]);
    const values = messages.flatMap(({ channelId, notification }) => [
      channelId,
      JSON.stringify(notification),
    ]);
    const result = await this.redis.eval(
      commit,
      3 + keys.length,
      ...[statesKey, evaluatorKey, channelsKey, ...keys],
      ...[this.consoleId, before, JSON.stringify(states), maxQueued, ...values],
    );
    return result === 1;
  }

  async claim(channelId: string, token: string, lifetimeMs: number): Promise<ClaimedMessage | undefined> {
    const keys = [queueKey(channelId), deliveryKey(channelId), claimKey(channelId)];
    const claimed = (await this.redis.eval(claim, keys.length, ...keys, token, lifetimeMs)) as
      [string, string, number] | null;
    if (claimed === null) return undefined;
    const [text, attempts, isRepeat] = claimed;
    const notification = JSON.parse(text) as Notification;
    const isPossibleRepeat = isRepeat === 1;
    return { channelId, token, text, notification, failedAttempts: Number(attempts), isPossibleRepeat };
  }

  /** Returns false if the claim had expired. */
  async release({ channelId, token, text }: ClaimedMessage, outcome: AttemptOutcome): Promise<boolean> {
    const keys = [queueKey(channelId), deliveryKey(channelId), claimKey(channelId), channelsKey];
    const delayMs = outcome.kind === 'retry' ? outcome.delayMs : 0;
    const detail = outcome.kind === 'sent' ? '' : outcome.detail;
    const values = [token, text, outcome.kind, delayMs, detail, channelId];
    return (await this.redis.eval(release, keys.length, ...keys, ...values)) === 1;
  }

  async deliveryOf(channelId: string): Promise<ChannelDelivery> {
    const [queued, delivery] = await Promise.all([
      this.redis.llen(queueKey(channelId)),
      this.redis.hgetall(deliveryKey(channelId)),
    ]);
    return { queued, ...deliverySchema.parse(delivery) };
  }
}
