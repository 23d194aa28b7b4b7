import {
  type Environment,
  environmentOf,
  idText,
  type JsonObject,
  numberField,
  type RevenueCatEvent,
  textField,
  timeField,
} from '@app/revenuecat';
import { type CustomerState } from './customer-state';
import { maxStateTextLength } from './limits';
import { isNewer, type TimestampedValue } from './timestamped-value';

/** What an event states about a subscription, or about another purchase that unlocks entitlements. */
export interface Terms {
  /** Null: it has no end. */
  expiresAtMs: number | null;
  productId: string;
  store: string;
  /** RevenueCat's `period_type`: TRIAL, INTRO, NORMAL, PROMOTIONAL or PREPAID; empty if the event states none. */
  period: string;
  entitlements: string[];
  /** False: it only unlocks entitlements, and has no subscription status. */
  isSubscription: boolean;
  environment: Environment;
}

/** Of two phases of the same millisecond, the later one in this list applies. */
const phases = [
  'renewing', 'cancelled', 'paused', 'billing_issue', 'refunded', 'pause_began', 'expired',
] as const; // prettier-ignore

export interface Phase {
  name: (typeof phases)[number];
  /** End of the grace period of a billing issue. */
  graceEndMs?: number;
}

export interface Purchase {
  terms: Terms;
  phase: Phase;
  /** Time of the last event about it. */
  atMs: number;
}

const maxEntitlements = 50;

/** The registers of the purchase that an event is about; none if it changes no purchase (docs/identity.md). */
export function purchaseRegisters(event: RevenueCatEvent, atMs: number): [string, TimestampedValue][] {
  const { type, fields } = event;
  const phaseOf = Object.hasOwn(phaseOfType, type) ? phaseOfType[type] : undefined;
  const terms = phaseOf === undefined ? undefined : termsOf(event);
  const id =
    idText(fields['original_transaction_id']) ??
    idText(fields['transaction_id']) ??
    textField(fields, 'product_id');
  if (phaseOf === undefined || terms === undefined || id === undefined || id.length > maxStateTextLength)
    return [];
  if (!terms.isSubscription && terms.entitlements.length === 0) return [];
  const phase = phaseOf(fields);
  // The store has not confirmed what is granted, so it is kept apart from the terms of a purchase with the same id.
  const key = `${type === temporaryGrant ? 'grant:' : ''}${id.toWellFormed()}`;
  const [ofTerms, ofPhase] = terms.expiresAtMs === null ? ['T', 'P'] : ['t', 'p'];
  return [
    [`${ofTerms}:${key}`, { value: encodeTerms(terms), atMs }],
    ...(phase === undefined
      ? []
      : [[`${ofPhase}:${key}`, { value: encodePhase(phase), atMs }] satisfies [string, TimestampedValue]]),
  ];
}

/** The names of the registers of a purchase. */
export function namesOf(id: string): string[] {
  return [`t:${id}`, `p:${id}`, `T:${id}`, `P:${id}`];
}

/** The purchases in a state, by the name of their register. Registers of another version are ignored. */
export function purchasesIn(state: CustomerState): Map<string, Purchase> {
  const purchases = new Map<string, Purchase>();
  for (const name of state.keys()) {
    const id = name.slice(2);
    if (!/^[tT]:/.test(name) || purchases.has(id)) continue;
    const register = newestOf(state, `t:${id}`, `T:${id}`);
    const terms = register && decodeTerms(register.value);
    const phaseRegister = newestOf(state, `p:${id}`, `P:${id}`);
    if (terms === undefined) continue;
    purchases.set(id, {
      terms,
      phase: (phaseRegister && decodePhase(phaseRegister.value)) ?? { name: 'renewing' },
      atMs: Math.max(register?.atMs ?? 0, phaseRegister?.atMs ?? 0),
    });
  }
  return purchases;
}

function newestOf(state: CustomerState, ...names: [string, string]): TimestampedValue | undefined {
  const [a, b] = names.map((name) => state.get(name));
  if (a === undefined || b === undefined) return a ?? b;
  return isNewer(b, a) ? b : a;
}

/** At most 24 hours of access while RevenueCat cannot reach the store. */
const temporaryGrant = 'TEMPORARY_ENTITLEMENT_GRANT';

const renewing = (): Phase => ({ name: 'renewing' });
const unchanged = (): undefined => undefined;

/** The phase that each type of event leads to; undefined if the event only states the terms. Other types change no purchase. */
const phaseOfType: Readonly<Record<string, (fields: JsonObject) => Phase | undefined>> = {
  INITIAL_PURCHASE: renewing,
  RENEWAL: renewing,
  NON_RENEWING_PURCHASE: renewing,
  UNCANCELLATION: renewing,
  REFUND_REVERSED: renewing,
  CANCELLATION: (fields) => {
    const reason = textField(fields, 'cancel_reason');
    if (reason === 'CUSTOMER_SUPPORT' || (numberField(fields, 'price') ?? 0) < 0) return { name: 'refunded' };
    // Sent together with BILLING_ISSUE, in any order, which has the grace period.
    return reason === 'BILLING_ERROR' ? undefined : { name: 'cancelled' };
  },
  SUBSCRIPTION_PAUSED: () => ({ name: 'paused' }),
  BILLING_ISSUE: (fields) => {
    const graceEndMs = timeField(fields, 'grace_period_expiration_at_ms');
    return { name: 'billing_issue', ...(graceEndMs !== undefined && { graceEndMs }) };
  },
  EXPIRATION: (fields) => ({
    name: textField(fields, 'expiration_reason') === 'SUBSCRIPTION_PAUSED' ? 'pause_began' : 'expired',
  }),
  SUBSCRIPTION_EXTENDED: unchanged,
  [temporaryGrant]: unchanged,
};

const withoutStatus = new Set(['NON_RENEWING_PURCHASE', temporaryGrant]);

function termsOf(event: RevenueCatEvent): Terms | undefined {
  const { type, fields } = event;
  const productId = textField(fields, 'product_id')?.toWellFormed();
  const store = textField(fields, 'store')?.toUpperCase().toWellFormed() ?? '';
  const period = textField(fields, 'period_type')?.toUpperCase().toWellFormed() ?? '';
  if (productId === undefined || [productId, store, period].some(({ length }) => length > maxStateTextLength))
    return undefined;
  const expiresAtMs = timeField(fields, 'expiration_at_ms') ?? null;
  if (type === temporaryGrant && expiresAtMs === null) return undefined;
  const isPromotional = store === 'PROMOTIONAL' || period === 'PROMOTIONAL';
  return {
    expiresAtMs,
    productId,
    store,
    period: isPromotional ? 'PROMOTIONAL' : period,
    entitlements: entitlementsOf(fields),
    isSubscription: isPromotional || (expiresAtMs !== null && !withoutStatus.has(type)),
    environment: environmentOf(event),
  };
}

function entitlementsOf(fields: JsonObject): string[] {
  const listed = fields['entitlement_ids'];
  const ids = Array.isArray(listed) ? listed : [fields['entitlement_id'] ?? null];
  const texts = ids.flatMap((id) =>
    typeof id === 'string' && id !== '' && id.length <= maxStateTextLength ? [id.toWellFormed()] : [],
  );
  return [...new Set(texts)].sort().slice(0, maxEntitlements);
}

/** The end comes first: of two events of the same millisecond, the later end applies, and no end before any. */
function encodeTerms({
  expiresAtMs,
  environment,
  isSubscription,
  productId,
  store,
  period,
  entitlements,
}: Terms): string {
  return JSON.stringify([expiresAtMs, environment, isSubscription, productId, store, period, entitlements]);
}

function decodeTerms(text: string): Terms | undefined {
  const [expiresAtMs, environment, isSubscription, productId, store, period, entitlements] = decode(text);
  const isValid =
    (expiresAtMs === null || typeof expiresAtMs === 'number') &&
    (environment === 'PRODUCTION' || environment === 'SANDBOX') &&
    typeof isSubscription === 'boolean' &&
    typeof productId === 'string' &&
    typeof store === 'string' &&
    typeof period === 'string' &&
    Array.isArray(entitlements);
  if (!isValid) return undefined;
  return {
    expiresAtMs,
    environment,
    isSubscription,
    productId,
    store,
    period,
    entitlements: entitlements.map(String),
  };
}

function encodePhase({ name, graceEndMs }: Phase): string {
  return JSON.stringify([phases.indexOf(name), name, ...(graceEndMs === undefined ? [] : [graceEndMs])]);
}

function decodePhase(text: string): Phase | undefined {
  const [, given, graceEndMs] = decode(text);
  const name = phases.find((phase) => phase === given);
  return name && { name, ...(typeof graceEndMs === 'number' && { graceEndMs }) };
}

function decode(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
