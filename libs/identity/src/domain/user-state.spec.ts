import fc from 'fast-check';
import { type JsonObject, type RevenueCatEvent } from '@app/revenuecat';
import { type CustomerState, emptyState, joinStates } from './customer-state';
import { observeState } from './observe-state';
import { subscriptionStatuses, userStateOf } from './user-state';

const startMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;
const day = (n: number): number => startMs + n * dayMs;

/** An event of a subscription that was bought on day 0 and ends on day 30. */
function event(type: string, onDay: number, fields: JsonObject = {}): RevenueCatEvent {
  return {
    id: `${type}-${onDay}`,
    type,
    fields: {
      event_timestamp_ms: day(onDay),
      product_id: 'plus.monthly',
      store: 'APP_STORE',
      period_type: 'NORMAL',
      environment: 'PRODUCTION',
      entitlement_ids: ['plus'],
      original_transaction_id: '1000',
      expiration_at_ms: day(30),
      ...fields,
    },
  };
}

const timeOf = ({ fields }: RevenueCatEvent): number => Number(fields['event_timestamp_ms']);

function stateAfter(events: readonly RevenueCatEvent[]): CustomerState {
  return events.map((one) => observeState(one, timeOf(one))).reduce(joinStates, emptyState);
}

const at = (onDay: number, ...events: RevenueCatEvent[]) =>
  userStateOf(stateAfter(events), day(onDay), 'PRODUCTION');
const statusAt = (onDay: number, ...events: RevenueCatEvent[]): string | undefined =>
  at(onDay, ...events).subscription?.status;

const purchase = event('INITIAL_PURCHASE', 0);
const trial = event('INITIAL_PURCHASE', 0, { period_type: 'TRIAL' });
const granted = event('NON_RENEWING_PURCHASE', 0, { store: 'PROMOTIONAL', period_type: 'PROMOTIONAL' });
const issue = event('BILLING_ISSUE', 30, { grace_period_expiration_at_ms: day(36) });

describe('the subscription status', () => {
  it.each<[string, number, RevenueCatEvent[]]>([
    ['active', 1, [purchase]],
    ['active', 31, [purchase, event('RENEWAL', 30, { expiration_at_ms: day(60) })]],
    ['intro', 1, [event('INITIAL_PURCHASE', 0, { period_type: 'INTRO' })]],
    ['cancelled', 6, [purchase, event('CANCELLATION', 5, { cancel_reason: 'UNSUBSCRIBE' })]],
    ['active', 8, [purchase, event('CANCELLATION', 5), event('UNCANCELLATION', 7)]],
    ['grace_period', 31, [purchase, issue, event('CANCELLATION', 30, { cancel_reason: 'BILLING_ERROR' })]],
    ['expired', 37, [purchase, issue]],
    ['active', 34, [purchase, issue, event('RENEWAL', 33, { expiration_at_ms: day(60) })]],
    ['cancelled', 29, [purchase, event('BILLING_ISSUE', 29)]],
    ['trial', 1, [trial]],
    ['cancelled_trial', 2, [trial, event('CANCELLATION', 1, { period_type: 'TRIAL' })]],
    ['grace_period_trial', 31, [trial, event('BILLING_ISSUE', 30, { ...issue.fields, period_type: 'TRIAL' })]],
    ['expired', 31, [purchase]],
    ['expired', 30, [purchase, event('EXPIRATION', 30, { expiration_reason: 'UNSUBSCRIBE' })]],
    ['promotional', 1, [granted]],
    ['expired_promotional', 31, [granted]],
    ['expired_promotional', 9, [granted, event('EXPIRATION', 9, granted.fields)]],
    ['paused', 6, [purchase, event('SUBSCRIPTION_PAUSED', 5)]],
    ['paused', 40, [purchase, event('EXPIRATION', 30, { expiration_reason: 'SUBSCRIPTION_PAUSED' })]],
    ['active', 61, [purchase, event('SUBSCRIPTION_PAUSED', 5), event('RENEWAL', 60, { expiration_at_ms: day(90) })]],
    ['active', 33, [purchase, event('SUBSCRIPTION_EXTENDED', 20, { expiration_at_ms: day(35) })]],
    ['cancelled', 33, [purchase, event('CANCELLATION', 5), event('SUBSCRIPTION_EXTENDED', 20, { expiration_at_ms: day(35) })]],
    ['expired', 10, [purchase, event('CANCELLATION', 9, { cancel_reason: 'CUSTOMER_SUPPORT', expiration_at_ms: day(9) })]],
    ['active', 12, [purchase, event('CANCELLATION', 9, { cancel_reason: 'CUSTOMER_SUPPORT', expiration_at_ms: day(9) }), event('REFUND_REVERSED', 11)]],
    ['active', 6, [purchase, event('PRODUCT_CHANGE', 5, { new_product_id: 'plus.yearly' })]],
    ['active', 1, [event('INITIAL_PURCHASE', 0, { period_type: 'PREPAID' })]],
    ['active', 6, [purchase, event('TEMPORARY_ENTITLEMENT_GRANT', 5, { expiration_at_ms: day(6) })]],
    ['paused', 29, [purchase, event('EXPIRATION', 29, { expiration_reason: 'SUBSCRIPTION_PAUSED' })]],
  ])('is %s on day %d', (status, onDay, events) => {
    expect(statusAt(onDay, ...events)).toBe(status);
    expect(subscriptionStatuses).toContain(status);
  }); // prettier-ignore

  it('covers every value of RevenueCat', () => {
    expect(subscriptionStatuses).toHaveLength(11);
  });

  it('is expired, not in a grace period, if the billing issue and the expiration have the same time', () => {
    const expiration = event('EXPIRATION', 30, { expiration_reason: 'BILLING_ERROR' });
    expect(statusAt(30, purchase, expiration, event('BILLING_ISSUE', 30))).toBe('expired');
  });

  it('is that of the subscription with the most recent event', () => {
    const other = { original_transaction_id: 'GPA.1', product_id: 'pro:yearly', store: 'PLAY_STORE' };
    const events = [purchase, event('INITIAL_PURCHASE', 2, other), event('CANCELLATION', 5)];
    expect(at(6, ...events).subscription).toEqual({
      status: 'cancelled',
      productId: 'plus.monthly',
      store: 'APP_STORE',
    });
    expect(at(8, ...events, event('RENEWAL', 7, other)).subscription).toEqual({
      status: 'active',
      productId: 'pro:yearly',
      store: 'PLAY_STORE',
    });
  });

  it.each([
    ['expired', event('EXPIRATION', 5)],
    ['was refunded', event('CANCELLATION', 5, { cancel_reason: 'CUSTOMER_SUPPORT', expiration_at_ms: day(5) })],
    ['is paused', event('EXPIRATION', 5, { expiration_reason: 'SUBSCRIPTION_PAUSED' })],
  ])('is that of an active subscription although another one %s later', (_what, end) => {
    const other = { original_transaction_id: 'GPA.1', product_id: 'pro:yearly', store: 'PLAY_STORE' };
    const events = [purchase, event('INITIAL_PURCHASE', 2, other), end];
    expect(at(6, ...events).subscription).toMatchObject({ status: 'active', productId: 'pro:yearly' });
    expect(at(31, ...events).subscription?.productId).toBe('plus.monthly');
  }); // prettier-ignore

  it('changes to the new product with the renewal, not with the announcement of the change', () => {
    const change = event('PRODUCT_CHANGE', 5, { new_product_id: 'plus.yearly' });
    expect(at(6, purchase, change).subscription?.productId).toBe('plus.monthly');
    const renewal = event('RENEWAL', 5, { product_id: 'plus.yearly', expiration_at_ms: day(370) });
    expect(at(6, purchase, renewal, change).subscription?.productId).toBe('plus.yearly');
  });

  it('is unknown without a subscription', () => {
    const lifetime = event('NON_RENEWING_PURCHASE', 0, { expiration_at_ms: null });
    expect(at(1, lifetime).subscription).toBeUndefined();
    expect(at(1, event('TEST', 0)).subscription).toBeUndefined();
    expect(at(1).entitlements).toBeUndefined();
  });

  it('ignores purchases of the other environment', () => {
    const sandbox = stateAfter([event('INITIAL_PURCHASE', 0, { environment: 'SANDBOX' })]);
    expect(userStateOf(sandbox, day(1), 'PRODUCTION').subscription).toBeUndefined();
    expect(userStateOf(sandbox, day(1), 'SANDBOX').subscription?.status).toBe('active');
  });
});

describe('the active entitlements', () => {
  const lifetime = event('NON_RENEWING_PURCHASE', 0, {
    original_transaction_id: '2000',
    product_id: 'lifetime',
    expiration_at_ms: null,
    entitlement_ids: ['pro'],
  });

  it('are those of all purchases that have not ended', () => {
    expect(at(1, purchase, lifetime).entitlements).toEqual(['plus', 'pro']);
    expect(at(31, purchase, lifetime).entitlements).toEqual(['pro']);
    expect(at(31, purchase).entitlements).toEqual([]);
  });

  it('stay until the end of a period that was cancelled or paused, and in the grace period', () => {
    expect(at(6, purchase, event('CANCELLATION', 5)).entitlements).toEqual(['plus']);
    expect(at(6, purchase, event('SUBSCRIPTION_PAUSED', 5)).entitlements).toEqual(['plus']);
    expect(at(31, purchase, event('SUBSCRIPTION_PAUSED', 5)).entitlements).toEqual([]);
    expect(at(33, purchase, issue).entitlements).toEqual(['plus']);
  });

  it('end with the refund of a purchase without an end', () => {
    const refund = event('CANCELLATION', 3, {
      ...lifetime.fields,
      cancel_reason: 'CUSTOMER_SUPPORT',
      price: -9,
    });
    const refunded = { ...refund, fields: { ...refund.fields, event_timestamp_ms: day(3) } };
    expect(at(4, lifetime, refunded).entitlements).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['its price is negative, whatever the reason', { cancel_reason: 'UNKNOWN', price: -9 }],
    ['it is cancelled, because it has no period that could end', { cancel_reason: 'DEVELOPER_INITIATED' }],
  ])('end with a CANCELLATION of a purchase without an end if %s', (_what, fields) => {
    const cancelled = event('CANCELLATION', 3, { ...lifetime.fields, event_timestamp_ms: day(3), ...fields });
    expect(at(4, lifetime, cancelled).entitlements).toEqual([]);
    const reversed = event('REFUND_REVERSED', 5, { ...lifetime.fields, event_timestamp_ms: day(5) });
    expect(at(6, lifetime, cancelled, reversed).entitlements).toEqual(['pro']);
  });

  it('end with the expiration of a pause, even if the stated end has not passed', () => {
    const paused = event('EXPIRATION', 29, { expiration_reason: 'SUBSCRIPTION_PAUSED' });
    expect(at(29, purchase, paused).entitlements).toEqual([]);
  });

  it('of one purchase do not depend on whether its transaction id is a number', () => {
    const numeric = event('EXPIRATION', 5, { original_transaction_id: 1000 });
    expect(at(6, purchase, numeric).entitlements).toEqual([]);
  });

  it('contain those that were granted while the store was unavailable, without a status', () => {
    const grant = event('TEMPORARY_ENTITLEMENT_GRANT', 0, { expiration_at_ms: day(1) });
    expect(at(0, grant)).toMatchObject({ subscription: undefined, entitlements: ['plus'] });
    expect(at(2, grant).entitlements).toEqual([]);
  });

  it('of a temporary grant neither outlast its end nor end those of a purchase with the same id', () => {
    const grant = event('TEMPORARY_ENTITLEMENT_GRANT', 5, { expiration_at_ms: day(6) });
    expect(at(7, purchase, grant).entitlements).toEqual(['plus']);
    const endless = event('TEMPORARY_ENTITLEMENT_GRANT', 5, { expiration_at_ms: null });
    expect(stateAfter([endless]).size).toBe(0);
  });

  it('do not contain consumables, which are not stored', () => {
    const coins = event('NON_RENEWING_PURCHASE', 0, { expiration_at_ms: null, entitlement_ids: null });
    expect(stateAfter([coins]).size).toBe(0);
  });
});

it('experiments are those of enrolments and of the list in each event', () => {
  const enrolled = event('EXPERIMENT_ENROLLMENT', 0, { experiment_id: 'e1', experiment_variant: 'a' });
  const listed = event('RENEWAL', 1, {
    experiments: [{ experiment_id: 'e2', experiment_variant: 'b' }, null, {}],
  });
  expect(at(2, enrolled, listed).experiments).toEqual([['e1', 'a'], ['e2', 'b']]); // prettier-ignore
});

describe('the state of a customer', () => {
  const histories = fc.array(
    fc
      .record({
        type: fc.constantFrom(
          ...['INITIAL_PURCHASE', 'RENEWAL', 'CANCELLATION', 'UNCANCELLATION', 'BILLING_ISSUE', 'EXPIRATION'],
          ...[
            'SUBSCRIPTION_PAUSED',
            'SUBSCRIPTION_EXTENDED',
            'PRODUCT_CHANGE',
            'NON_RENEWING_PURCHASE',
            'REFUND_REVERSED',
            'TEMPORARY_ENTITLEMENT_GRANT',
            'TEST',
          ],
        ),
        onDay: fc.integer({ min: 0, max: 12 }),
        fields: fc.record(
          {
            original_transaction_id: fc.constantFrom('1', '2', null),
            product_id: fc.constantFrom('a', 'b'),
            store: fc.constantFrom('APP_STORE', 'PLAY_STORE', 'PROMOTIONAL'),
            period_type: fc.constantFrom('TRIAL', 'INTRO', 'NORMAL', 'PROMOTIONAL', null),
            environment: fc.constantFrom('PRODUCTION', 'SANDBOX', null),
            entitlement_ids: fc.subarray(['plus', 'pro']),
            expiration_at_ms: fc.option(fc.integer({ min: 1, max: 20 }).map(day), { nil: null }),
            grace_period_expiration_at_ms: fc.integer({ min: 1, max: 20 }).map(day),
            price: fc.constantFrom(0, 9, -9, null),
            cancel_reason: fc.constantFrom('UNSUBSCRIBE', 'BILLING_ERROR', 'CUSTOMER_SUPPORT'),
            expiration_reason: fc.constantFrom('UNSUBSCRIBE', 'SUBSCRIPTION_PAUSED'),
            experiment_id: fc.constantFrom('e1', 'e2'),
            experiment_variant: fc.constantFrom('a', 'b'),
          },
          { requiredKeys: ['product_id', 'store'], noNullPrototype: true },
        ),
      })
      .map(({ type, onDay, fields }) => event(type, onDay, fields)),
    { maxLength: 12 },
  );
  const shuffled = histories.chain((history) =>
    fc.tuple(
      fc.constant(history),
      fc.shuffledSubarray([...history, ...history], { minLength: history.length }),
    ),
  );

  it('is the same after the events in any order, with any repetitions', () => {
    fc.assert(
      fc.property(shuffled, (pair) => {
        const [history, others] = pair;
        const sorted = history.toSorted((a, b) => timeOf(a) - timeOf(b));
        const again = [...others, ...history.filter((one) => !others.includes(one))];
        const [expected, found] = [stateAfter(sorted), stateAfter(again)];
        expect(new Map([...found].sort())).toEqual(new Map([...expected].sort()));
        for (const onDay of [0, 5, 13])
          for (const environment of ['PRODUCTION', 'SANDBOX'] as const)
            expect(userStateOf(found, day(onDay), environment)).toEqual(
              userStateOf(expected, day(onDay), environment),
            );
      }),
    );
  });

  it('has a known status, and entitlements at every moment, for any text in its registers', () => {
    const values = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('[null,"PRODUCTION",true,"p","s","",[]]', '[0,"expired"]', 'lost'),
    );
    const names = fc.constantFrom('t:1', 'p:1', 'T:1', 'P:1', 'l:1', 't:2', 'm::', 'm:PRODUCTION:s', 'x:1');
    const registers = fc.dictionary(names, fc.record({ value: values, atMs: fc.nat(3) }));
    fc.assert(
      fc.property(registers, fc.nat(5), (given, atMs) => {
        const { subscription, entitlements = [] } = userStateOf(
          new Map(Object.entries(given)),
          atMs,
          'PRODUCTION',
        );
        if (subscription !== undefined) expect(subscriptionStatuses).toContain(subscription.status);
        expect(entitlements.every((id) => typeof id === 'string')).toBe(true);
      }),
    );
  });

  const passes = (count: number, firstDay: number): RevenueCatEvent[] =>
    Array.from({ length: count }, (_, n) =>
      event('NON_RENEWING_PURCHASE', firstDay + n, {
        original_transaction_id: `pass-${n}`,
        product_id: 'day.pass',
        entitlement_ids: ['pass'],
        expiration_at_ms: day(firstDay + n + 1),
      }),
    );

  it('keeps the purchases with the most recent events, whatever their ids are', () => {
    const renewal = event('RENEWAL', 300, { original_transaction_id: 'zzz', expiration_at_ms: day(330) });
    for (const events of [
      [...passes(150, 0), renewal],
      [renewal, ...passes(150, 0)],
      [...passes(150, 320).slice(0, 99), renewal],
    ])
      expect(at(325, ...events)).toMatchObject({ subscription: { status: 'active' } });
  });

  it('keeps a purchase without an end, however many others have newer events', () => {
    const lifetime = event('NON_RENEWING_PURCHASE', 0, {
      original_transaction_id: 'zzz',
      expiration_at_ms: null,
    });
    expect(at(400, lifetime, ...passes(250, 1)).entitlements).toEqual(['plus']);
    const refund = event('CANCELLATION', 1, { ...lifetime.fields, event_timestamp_ms: day(1), price: -9 });
    expect(at(400, refund, ...passes(250, 2), lifetime).entitlements).toEqual([]);
  });

  it('has limits that do not depend on the order, whatever was displaced meanwhile', () => {
    const crowd = fc.array(
      fc
        .record({
          type: fc.constantFrom('RENEWAL', 'CANCELLATION', 'SUBSCRIPTION_EXTENDED', 'NON_RENEWING_PURCHASE'),
          onDay: fc.nat(40),
          id: fc.nat(400),
          endsOnDay: fc.option(fc.nat(60)),
          experiment: fc.nat(80),
        })
        .map(({ type, onDay, id, endsOnDay, experiment }) =>
          event(type, onDay, {
            original_transaction_id: `t${id}`,
            expiration_at_ms: endsOnDay === null ? null : day(endsOnDay),
            experiment_id: `e${experiment}`,
            experiment_variant: `v${id}`,
          }),
        ),
      { minLength: 300, maxLength: 600, size: 'max' },
    );
    const shuffled = crowd.chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
    );
    fc.assert(
      fc.property(shuffled, ([events, others]) => {
        const [expected, found] = [stateAfter(events), stateAfter([...others, ...events.slice(0, 9)])];
        expect(new Map([...found].sort())).toEqual(new Map([...expected].sort()));
        const merged = joinStates(stateAfter(others.slice(0, 99)), stateAfter(others.slice(99)));
        expect(new Map([...merged].sort())).toEqual(new Map([...expected].sort()));
      }),
      { numRuns: 20 },
    );
  });

  it('has limits that do not depend on the order', () => {
    const many = Array.from({ length: 150 }, (_, n) =>
      event('RENEWAL', n % 7, {
        original_transaction_id: `t${n}`,
        experiment_id: `e${n}`,
        experiment_variant: 'a',
      }),
    );
    const state = stateAfter(many);
    expect(state.size).toBe(100 + 150 + 50);
    const reversed = stateAfter(many.toReversed());
    expect(new Map([...reversed].sort())).toEqual(new Map([...state].sort()));
  });
});
