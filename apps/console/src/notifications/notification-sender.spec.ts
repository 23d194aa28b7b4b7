import { silentLogger } from '@app/testing';
import { register } from 'prom-client';
import { type SendResult } from './channel-client';
import { testNotification } from './notification';
import { type AttemptOutcome, type ClaimedMessage } from './notification-queue';
import { NotificationSender } from './notification-sender';

const running = new AbortController().signal;
const sent: SendResult = { kind: 'sent', status: 204 };
const responseLost: SendResult = {
  ...{ kind: 'failed', status: null, detail: 'no response', retryAfterMs: undefined, isAmbiguous: true },
};
const rejected: SendResult = { ...responseLost, status: 500, isAmbiguous: false };
const dayMs = 86_400_000;

/** Channels with messages, on a clock that only their receivers and Redis advance. */
class Receivers {
  nowMs = 0;
  claimTakesMs = 0;
  isPossibleRepeat = false;
  /** Of each message. */
  ageMs = 0;
  result = sent;
  readonly requests: string[] = [];
  readonly outcomes: AttemptOutcome['kind'][] = [];

  /** @param channels by id, with the time of each response and the number of messages */
  constructor(private readonly channels: Record<string, { takesMs: number; queued: number }>) {
    jest.spyOn(performance, 'now').mockImplementation(() => this.nowMs);
  }

  async sendDue(): Promise<void> {
    const sender = new NotificationSender(this, this, undefined, silentLogger);
    const channels = Object.keys(this.channels).map((id) => {
      const channel = { id, kind: 'slack' as const, name: id, projectId: null, subjects: [], url: id };
      return { version: '1', sealed: channel, opened: { kind: 'readable' as const, channel } };
    });
    await sender.sendDue(channels, running);
  }

  claim(channelId: string, token: string): Promise<ClaimedMessage | undefined> {
    this.nowMs += this.claimTakesMs;
    const channel = this.channels[channelId];
    if (channel === undefined || channel.queued === 0) return Promise.resolve(undefined);
    const notification = testNotification('n', null, Date.now() - this.ageMs);
    const { isPossibleRepeat } = this;
    return Promise.resolve({
      ...{ channelId, token, text: '', notification, failedAttempts: 0, isPossibleRepeat },
    });
  }

  release({ channelId }: ClaimedMessage, { kind }: AttemptOutcome): Promise<boolean> {
    this.outcomes.push(kind);
    const channel = this.channels[channelId];
    if (channel !== undefined) channel.queued -= 1;
    return Promise.resolve(true);
  }

  send(url: string): Promise<SendResult> {
    this.requests.push(url);
    this.nowMs += this.channels[url]?.takesMs ?? 0;
    return Promise.resolve(this.result);
  }
}

/** The value of the series of a counter with this label. */
async function counted(counter: string, label: string, value: string): Promise<number> {
  const metric = await register.getSingleMetric(`rcstatsig_console_notification_${counter}_total`)?.get();
  return metric?.values.find(({ labels }) => labels[label] === value)?.value ?? 0;
}

const possibleRepeats = (cause: string): Promise<number> => counted('possible_repeats', 'cause', cause);

describe('the sender of notifications', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('sends what waits for a channel in one turn', async () => {
    const receivers = new Receivers({ fast: { takesMs: 20, queued: 3 } });
    await receivers.sendDue();
    expect(receivers.requests).toEqual(['fast', 'fast', 'fast']);
  });

  it('does not let a backlog of a slow receiver delay other channels', async () => {
    const receivers = new Receivers({ slow: { takesMs: 9_000, queued: 500 } });
    await receivers.sendDue();
    expect(receivers.requests).toEqual(['slow']);
  });

  it('does not send a message whose claim may expire meanwhile', async () => {
    const receivers = new Receivers({ pager: { takesMs: 20, queued: 1 } });
    receivers.claimTakesMs = 51_000;
    await receivers.sendDue();
    expect([receivers.requests, receivers.outcomes]).toEqual([[], []]);
  });

  it('counts repetitions of a message that another console may have sent', async () => {
    const before = await possibleRepeats('not_recorded');
    const receivers = new Receivers({ pager: { takesMs: 20, queued: 1 } });
    await receivers.sendDue();
    expect(await possibleRepeats('not_recorded')).toBe(before);
    const others = new Receivers({ pager: { takesMs: 20, queued: 1 } });
    others.isPossibleRepeat = true;
    await others.sendDue();
    expect(await possibleRepeats('not_recorded')).toBe(before + 1);
  });

  it.each<[string, SendResult, number]>([
    ['sent', sent, 0],
    ['failed', rejected, 0],
    ['dropped', rejected, dayMs],
  ])('counts attempts by outcome: %s', async (outcome, result, ageMs) => {
    const before = await counted('attempts', 'outcome', outcome);
    const receivers = new Receivers({ pager: { takesMs: 20, queued: 1 } });
    Object.assign(receivers, { result, ageMs });
    await receivers.sendDue();
    expect(await counted('attempts', 'outcome', outcome)).toBe(before + 1);
  });

  it('counts lost responses', async () => {
    const before = await possibleRepeats('response_lost');
    const receivers = new Receivers({ pager: { takesMs: 20, queued: 1 } });
    receivers.result = responseLost;
    await receivers.sendDue();
    expect(receivers.outcomes).toEqual(['retry']);
    expect(await possibleRepeats('response_lost')).toBe(before + 1);
  });
});
