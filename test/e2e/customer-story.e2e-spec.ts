import { until } from '@tools/stack';
import { RunningPipeline, type StatsigEvent } from './running-pipeline';

const anonymous = '$RCAnonymousID:7d1c5a2f9b3e4d6c8a0b1c2d3e4f5a6b';
const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);

type Attributes = Record<string, { value: string | null; updated_at_ms: number }>;

interface SentEvent {
  userId: string;
  name: unknown;
  aliases: unknown;
  original: unknown;
  attributes: Record<string, unknown>;
}

function toSentEvent({ userId, event }: StatsigEvent): SentEvent {
  const attributes = (event['subscriber_attributes'] ?? {}) as Attributes;
  return {
    userId,
    name: event['type'],
    aliases: event['aliases'],
    original: event['original_app_user_id'],
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, { value }]) => [name, value])),
  };
}

describe('a customer who buys anonymously, logs in, gets attributes out of order and moves to another account', () => {
  let pipeline: RunningPipeline;

  beforeAll(async () => {
    pipeline = await RunningPipeline.start({ STATSIG_EVENT_NAMES: 'rc' });
  });

  afterAll(async () => {
    expect(await pipeline.statsigRepeats()).toEqual({});
    await pipeline.stop();
  });

  /** Posts an event and returns what Statsig receives for it, in order. */
  async function send(id: string, fields: object, events = 1): Promise<SentEvent[]> {
    const event = { id, event_timestamp_ms: start, environment: 'PRODUCTION', ...fields };
    expect((await pipeline.post(JSON.stringify({ api_version: '1.0', event }))).status).toBe(200);
    return until(
      async () => {
        const seen = await pipeline.statsigEvents(`id=${encodeURIComponent(id)}`);
        if (seen.length < events) throw new Error(`Statsig saw ${seen.length} of ${events} events of ${id}`);
        return seen.map(toSentEvent);
      },
      { timeoutMs: 20_000 },
    );
  }

  const asUser = { app_user_id: 'user-1', original_app_user_id: anonymous, aliases: [anonymous, 'user-1'] };

  it('is anonymous at first', async () => {
    const purchase = { app_user_id: anonymous, original_app_user_id: anonymous, aliases: [anonymous] };
    expect(await send('story-1', { type: 'INITIAL_PURCHASE', ...purchase, price: 9.99 })).toEqual([
      {
        userId: anonymous,
        name: 'rc_initial_purchase_event',
        aliases: [anonymous],
        original: anonymous,
        attributes: {},
      },
    ]);
  });

  it('is the same customer under both ids after logging in', async () => {
    expect(await send('story-2', { type: 'RENEWAL', ...asUser })).toMatchObject([
      { userId: 'user-1', aliases: [anonymous, 'user-1'], original: anonymous },
    ]);
  });

  it('has the newest value of each attribute, independent of the order of events', async () => {
    const attribute = (value: string | null, days: number) => ({ value, updated_at_ms: start + days * day });
    expect(
      await send('story-3', {
        type: 'RENEWAL',
        event_timestamp_ms: start + 3 * day,
        ...asUser,
        subscriber_attributes: { plan: attribute('gold', 3) },
      }),
    ).toMatchObject([{ attributes: { plan: 'gold' } }]);
    // This event is late: its plan is older than the known one, but its city is new.
    const older = { plan: attribute('silver', 2), city: attribute('Rome', 2), $ip: attribute('1.2.3.4', 2) };
    const late = { type: 'CANCELLATION', event_timestamp_ms: start + 2 * day, ...asUser };
    expect((await send('story-4', { ...late, subscriber_attributes: older }))[0]?.attributes).toEqual({
      plan: 'gold',
      city: 'Rome',
    });
    expect(
      (
        await send('story-5', {
          type: 'UNCANCELLATION',
          event_timestamp_ms: start + 4 * day,
          ...asUser,
          subscriber_attributes: { city: attribute(null, 4) },
        })
      )[0]?.attributes,
    ).toEqual({ plan: 'gold' });
  });

  it('has all known data added to an event with a single id', async () => {
    expect(
      await send('story-6', {
        type: 'EXPIRATION',
        event_timestamp_ms: start + 5 * day,
        app_user_id: 'user-1',
      }),
    ).toEqual([
      {
        userId: 'user-1',
        name: 'rc_expiration_event',
        aliases: ['user-1', anonymous],
        original: anonymous,
        attributes: { plan: 'gold' },
      },
    ]);
  });

  it('leads to two events when the purchases move, one for each account with its known data', async () => {
    const other = {
      app_user_id: 'user-2',
      original_app_user_id: 'user-2',
      aliases: ['user-2', 'user-2-old'],
    };
    const attributes = { team: { value: 'red', updated_at_ms: start } };
    await send('story-7', { type: 'RENEWAL', ...other, subscriber_attributes: attributes });
    const moved = { type: 'TRANSFER', transferred_from: ['user-1', anonymous], transferred_to: ['user-2'] };
    const seen = await send('story-8', { ...moved, event_timestamp_ms: 78_789_789_798_798 }, 2);
    expect(seen.sort((a, b) => a.userId.localeCompare(b.userId))).toEqual([
      {
        userId: 'user-1',
        name: 'rc_transfer_event',
        aliases: ['user-1', anonymous],
        original: anonymous,
        attributes: { plan: 'gold' },
      },
      {
        userId: 'user-2',
        name: 'rc_transfer_event',
        aliases: ['user-2', 'user-2-old'],
        original: 'user-2',
        attributes: { team: 'red' },
      },
    ]);
  });

  it('remains separate from the other account afterwards', async () => {
    const [seen] = await send('story-9', { type: 'RENEWAL', app_user_id: 'user-2' });
    expect(seen).toMatchObject({
      userId: 'user-2',
      aliases: ['user-2', 'user-2-old'],
      attributes: { team: 'red' },
    });
  });
});
