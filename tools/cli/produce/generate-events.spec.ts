import { parseEnvelope } from '@app/revenuecat';
import { generateEvents, type GeneratorOptions } from './generate-events';

const untilMs = Date.UTC(2026, 0, 31);

interface Generated {
  customer: string;
  event: Record<string, unknown>;
}

function generate(options: Partial<GeneratorOptions> = {}): Generated[] {
  return [...generateEvents({ seed: 'a', customers: 300, events: 6_000, untilMs, ...options })].map(
    ({ body, orderKey = '' }) => {
      const parsed = parseEnvelope(Buffer.from(body));
      if (parsed.kind !== 'envelope') throw new Error(parsed.detail);
      return { customer: orderKey, event: parsed.envelope.event.fields };
    },
  );
}

describe('generated events', () => {
  const events = generate();
  const byCustomer = Map.groupBy(events, ({ customer }) => customer);

  it('are as many as requested, of as many customers, each with its own id', () => {
    expect(events).toHaveLength(6_000);
    expect(byCustomer.size).toBe(300);
    expect(new Set(events.map(({ event }) => event['id'])).size).toBe(6_000);
    expect(generate({ customers: 10, events: 7 })).toHaveLength(7);
  });

  it('depend only on the seed', () => {
    expect(generate()).toEqual(events);
    expect(generate({ seed: 'b' })[0]).not.toEqual(events[0]);
  });

  it('contain whole lifecycles', () => {
    const types = new Set(events.map(({ event }) => event['type']));
    expect([...types].toSorted()).toEqual([
      'BILLING_ISSUE',
      'CANCELLATION',
      'EXPIRATION',
      'INITIAL_PURCHASE',
      'NON_RENEWING_PURCHASE',
      'PRODUCT_CHANGE',
      'RENEWAL',
      'TRANSFER',
      'UNCANCELLATION',
    ]);
    const refunds = events.filter(({ event }) => event['cancel_reason'] === 'CUSTOMER_SUPPORT');
    expect(refunds.length).toBeGreaterThan(0);
    expect(refunds.every(({ event }) => Number(event['price']) < 0)).toBe(true);
    for (const own of byCustomer.values()) expect(own[0]?.event['type']).toBe('INITIAL_PURCHASE');
  });

  it('are in order for each customer, and none is later than the given time', () => {
    for (const own of byCustomer.values()) {
      const times = own.map(({ event }) => Number(event['event_timestamp_ms']));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.at(-1)).toBe(untilMs);
      expect(times[0]).toBeGreaterThan(untilMs - 800 * 86_400_000);
    }
  });

  it('name the customer by an anonymous id until the login adds an alias', () => {
    const [first] = events.filter(({ event }) => (event['aliases'] as string[] | undefined)?.length === 2);
    const { aliases, app_user_id: id, original_app_user_id: original } = first?.event ?? {};
    expect(aliases).toEqual([original, id]);
    expect(original).toMatch(/^\$RCAnonymousID:/);
  });

  it('continue under the new id after a transfer', () => {
    const own = [...byCustomer.values()].find((each) =>
      each.some(({ event }) => event['type'] === 'TRANSFER'),
    );
    const at = own?.findIndex(({ event }) => event['type'] === 'TRANSFER') ?? -1;
    const [before, transfer, after] = own?.slice(at - 1, at + 2) ?? [];
    expect(transfer?.event['transferred_from']).toEqual(before?.event['aliases']);
    expect(transfer?.event['transferred_to']).toEqual([after?.event['app_user_id']]);
  });

  it('begin at once, however many are requested', () => {
    const [first] = generateEvents({ seed: 'a', customers: 1e9, events: 1e10, untilMs });
    expect(first).toBeDefined();
  });
});
