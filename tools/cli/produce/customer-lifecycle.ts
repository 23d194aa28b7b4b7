import { type SeededRandom } from './random';

/** A RevenueCat event. */
export type GeneratedEvent = Record<string, unknown> & { id: string; type: string };

const dayMs = 86_400_000;
const hourMs = 3_600_000;

interface Product {
  id: string;
  days: number;
  price: number;
}

const products: readonly [Product, ...Product[]] = [
  { id: 'plus.weekly', days: 7, price: 2.99 },
  { id: 'plus.monthly', days: 30, price: 9.99 },
  { id: 'plus.yearly', days: 365, price: 59.99 },
];
const markets = [
  { country_code: 'US', currency: 'USD', rate: 1 },
  { country_code: 'DE', currency: 'EUR', rate: 0.92 },
  { country_code: 'JP', currency: 'JPY', rate: 150 },
  { country_code: 'BR', currency: 'BRL', rate: 5 },
] as const;
const stores = ['APP_STORE', 'PLAY_STORE', 'STRIPE'] as const;
const names = [
  'amara',
  'ben',
  'chiara',
  'dmitri',
  'elif',
  'farid',
  'greta',
  'hana',
  'ines',
  'jonas',
] as const;

/** What happens at the end of a subscription period, with the probability of each. */
const turns = [
  ['renewal', 0.66],
  ['cancellation', 0.12],
  ['billing_issue', 0.06],
  ['refund', 0.04],
  ['product_change', 0.05],
  ['purchase', 0.04],
  ['transfer', 0.03],
] as const;
type Turn = (typeof turns)[number][0];

interface LifecycleOptions {
  random: SeededRandom;
  /** Time of the event for the time since the first purchase, in ms. */
  timeAt: (elapsedMs: number) => number;
}

/**
 * The events of one customer in order, without end: a purchase under an anonymous id, then renewals, cancellations, billing
 * issues, refunds and purchases. Most customers log in, which adds an alias; some purchases move to another customer.
 */
export function* customerLifecycle(options: LifecycleOptions): Generator<GeneratedEvent, never> {
  const { random } = options;
  const customer = new Customer(options);
  const isTrial = random.isBelow(0.4);
  yield customer.purchase('INITIAL_PURCHASE', isTrial);
  for (;;) {
    if (!customer.isLoggedIn && random.isBelow(0.7)) customer.logIn();
    yield* periodEnd(customer, random, turnOf(random));
  }
}

function* periodEnd(customer: Customer, random: SeededRandom, turn: Turn): Generator<GeneratedEvent> {
  switch (turn) {
    case 'renewal':
      yield customer.renew();
      return;
    case 'cancellation':
      yield customer.notice('CANCELLATION', { cancel_reason: 'UNSUBSCRIBE' });
      if (random.isBelow(0.25)) {
        yield customer.notice('UNCANCELLATION');
        return;
      }
      yield customer.expire('UNSUBSCRIBE');
      // RevenueCat reports a customer who subscribes again as a renewal.
      yield customer.renew(random.below(60) * dayMs);
      return;
    case 'billing_issue':
      yield customer.notice('BILLING_ISSUE');
      if (random.isBelow(0.6)) {
        yield customer.renew();
        return;
      }
      yield customer.expire('BILLING_ERROR');
      yield customer.renew(random.below(60) * dayMs);
      return;
    case 'refund':
      yield customer.refund();
      yield customer.expire('CUSTOMER_SUPPORT');
      yield customer.renew(random.below(60) * dayMs);
      return;
    case 'product_change': {
      const product = random.pick(products);
      yield customer.notice('PRODUCT_CHANGE', { new_product_id: product.id });
      customer.product = product;
      yield customer.renew();
      return;
    }
    case 'purchase':
      yield customer.buyOnce();
      return;
    case 'transfer':
      yield customer.transfer();
  }
}

function turnOf(random: SeededRandom): Turn {
  let rest = random.next();
  for (const [turn, probability] of turns) {
    rest -= probability;
    if (rest < 0) return turn;
  }
  return 'renewal';
}

/** The state of one customer, and the events that follow from it. */
class Customer {
  isLoggedIn = false;
  product: Product;
  private readonly random: SeededRandom;
  private readonly timeAt: (elapsedMs: number) => number;
  private readonly market: (typeof markets)[number];
  private readonly store: string;
  private originalAppUserId: string;
  private appUserId: string;
  private aliases: string[];
  private originalTransactionId: string;
  private renewals = 0;
  /** Time since the first purchase. */
  private elapsedMs = 0;
  private purchasedMs = 0;
  private expiresMs = 0;

  constructor({ random, timeAt }: LifecycleOptions) {
    this.random = random;
    this.timeAt = timeAt;
    this.product = random.pick(products);
    this.market = random.pick(markets);
    this.store = random.pick(stores);
    this.originalAppUserId = `$RCAnonymousID:${random.hex(32)}`;
    this.appUserId = this.originalAppUserId;
    this.aliases = [this.originalAppUserId];
    this.originalTransactionId = random.digits(15);
  }

  logIn(): void {
    this.appUserId = `${this.random.pick(names)}-${this.random.hex(8)}`;
    this.aliases.push(this.appUserId);
    this.isLoggedIn = true;
  }

  purchase(type: 'INITIAL_PURCHASE' | 'RENEWAL', isTrial = false): GeneratedEvent {
    this.purchasedMs = this.elapsedMs;
    this.expiresMs = this.elapsedMs + (isTrial ? 7 : this.product.days) * dayMs;
    return this.event(type, {
      ...this.price(isTrial ? 0 : this.product.price),
      period_type: isTrial ? 'TRIAL' : 'NORMAL',
    });
  }

  /** @param afterMs time between the end of the period and the renewal */
  renew(afterMs = 0): GeneratedEvent {
    this.elapsedMs = Math.max(this.expiresMs, this.elapsedMs) + afterMs;
    this.renewals += 1;
    return this.purchase('RENEWAL');
  }

  /** An event within the current period that moves no money. */
  notice(type: string, fields: Record<string, unknown> = {}): GeneratedEvent {
    this.elapsedMs += hourMs;
    return this.event(type, { ...this.price(0), ...fields });
  }

  refund(): GeneratedEvent {
    return this.notice('CANCELLATION', {
      ...this.price(-this.product.price),
      cancel_reason: 'CUSTOMER_SUPPORT',
    });
  }

  expire(reason: string): GeneratedEvent {
    this.elapsedMs = Math.max(this.expiresMs, this.elapsedMs + hourMs);
    return this.event('EXPIRATION', { ...this.price(0), expiration_reason: reason });
  }

  buyOnce(): GeneratedEvent {
    this.elapsedMs += hourMs;
    return this.event('NON_RENEWING_PURCHASE', {
      ...this.price(4.99),
      product_id: 'ink.500',
      expiration_at_ms: null,
    });
  }

  /** Moves the purchases to another id, under which the customer continues. */
  transfer(): GeneratedEvent {
    this.elapsedMs += hourMs;
    const from = [...this.aliases];
    this.originalAppUserId = `${this.random.pick(names)}-${this.random.hex(8)}`;
    this.appUserId = this.originalAppUserId;
    this.aliases = [this.appUserId];
    this.isLoggedIn = true;
    return {
      id: this.eventId(),
      type: 'TRANSFER',
      event_timestamp_ms: this.timeAt(this.elapsedMs),
      transferred_from: from,
      transferred_to: [this.appUserId],
      store: this.store,
      environment: 'PRODUCTION',
      app_id: appId,
    };
  }

  private event(type: string, fields: Record<string, unknown>): GeneratedEvent {
    const { country_code, currency } = this.market;
    return {
      id: this.eventId(),
      type,
      event_timestamp_ms: this.timeAt(this.elapsedMs),
      app_user_id: this.appUserId,
      original_app_user_id: this.originalAppUserId,
      aliases: [...this.aliases],
      product_id: this.product.id,
      period_type: 'NORMAL',
      purchased_at_ms: this.timeAt(this.purchasedMs),
      expiration_at_ms: this.timeAt(this.expiresMs),
      environment: 'PRODUCTION',
      entitlement_ids: ['plus'],
      presented_offering_id: 'default',
      transaction_id: `${this.originalTransactionId}.${this.renewals}`,
      original_transaction_id: this.originalTransactionId,
      is_family_share: false,
      country_code,
      currency,
      store: this.store,
      tax_percentage: 0.19,
      commission_percentage: 0.15,
      offer_code: null,
      app_id: appId,
      subscriber_attributes: this.attributes(),
      ...fields,
    };
  }

  private price(usd: number): { price: number; price_in_purchased_currency: number } {
    return { price: usd, price_in_purchased_currency: Math.round(usd * this.market.rate * 100) / 100 };
  }

  private attributes(): Record<string, unknown> {
    const updated_at_ms = this.timeAt(this.purchasedMs);
    return {
      $mediaSource: { value: 'search', updated_at_ms },
      ...(this.isLoggedIn && { $email: { value: `${this.appUserId}@mail.example`, updated_at_ms } }),
    };
  }

  private eventId(): string {
    return this.random
      .hex(32)
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
      .toUpperCase();
  }
}

const appId = 'app0c11ec7ed0';
