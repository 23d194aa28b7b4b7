import fc from 'fast-check';
import { type RevenueCatEvent } from '@app/revenuecat';
import { filterOf, type Filters, filtersSchema } from './filters';

const filters = (input: unknown): Filters => filtersSchema.parse(input);
const event = (fields: RevenueCatEvent['fields']): RevenueCatEvent => ({ id: 'e', type: 'RENEWAL', fields });
const ruleOf = (fields: RevenueCatEvent['fields'], input: unknown): string | undefined =>
  filterOf(event(fields), filters(input), 'PRODUCTION')?.rule;

const fieldNames = {
  apps: 'app_id',
  stores: 'store',
  products: 'product_id',
  countries: 'country_code',
} as const;

describe('filters', () => {
  it.each(Object.entries(fieldNames))('by %s compare the field %s', (filter, field) => {
    expect(ruleOf({ [field]: 'A' }, { [filter]: { exclude: ['A'] } })).toBe(`${filter}.exclude "A"`);
    expect(ruleOf({ [field]: 'B' }, { [filter]: { exclude: ['A'] } })).toBeUndefined();
    expect(ruleOf({ [field]: 'A' }, { [filter]: { include: ['A', 'C'] } })).toBeUndefined();
    expect(ruleOf({ [field]: 'B' }, { [filter]: { include: ['A', 'C'] } })).toBe(`${filter}.include`);
  });

  it.each([
    ['apps', 'app_id', 'apps.include (has no app)'],
    ['stores', 'store', 'stores.include (has no store)'],
    ['countries', 'country_code', 'countries.include (has no country)'],
    ['products', 'product_id', 'products.include (has no product)'],
  ])('by %s filter out an event whose %s is unknown, if they include others: %s', (filter, field, rule) => {
    expect(ruleOf({ [field]: null }, { [filter]: { include: ['A'] } })).toBe(rule);
    expect(ruleOf({ [field]: null }, { [filter]: { exclude: ['A'] } })).toBeUndefined();
    expect(ruleOf({}, { [filter]: { include: ['A'] } })).toBe(filter === 'products' ? undefined : rule);
  });

  it('ignore the letter case of stores and countries', () => {
    expect(ruleOf({ store: 'app_store' }, { stores: { exclude: ['App_Store'] } })).toBe(
      'stores.exclude "APP_STORE"',
    );
    expect(ruleOf({ country_code: 'us' }, { countries: { include: ['us'] } })).toBeUndefined();
  });

  it.each([
    ['pro', 'pro', true],
    ['pro', 'pro.monthly', false],
    ['pro*', 'pro.monthly', true],
    ['pro*', 'pro', true],
    ['*:yearly', 'plus:yearly', true],
    ['*:yearly', 'plus:yearly.v2', false],
    ['a*b*a', 'a-b-a', true],
    ['a*a', 'a', false],
    ['a*bb*b', 'abb', false],
    ['*', 'anything', true],
    ['a.c', 'abc', false],
  ])('match the product pattern %s with %s: %s', (pattern, product_id, matches) => {
    expect(ruleOf({ product_id }, { products: { exclude: [pattern] } }) !== undefined).toBe(matches);
  });

  it.each(['apps', 'products'] as const)('by %s read a number as an id', (filter) => {
    expect(
      ruleOf({ [fieldNames[filter]]: 1_234_567 }, { [filter]: { include: ['1234567'] } }),
    ).toBeUndefined();
  });

  it('need no long time for a hostile pattern', () => {
    const pattern = `${'a*'.repeat(99)}b`;
    const product_id = 'a'.repeat(100_000);
    expect(ruleOf({ product_id }, { products: { include: [pattern] } })).toBe('products.include');
  });

  it.each([
    [{ include: { min: 5 } }, 9.99, undefined],
    [{ include: { min: 5 } }, -9.99, undefined],
    [{ include: { min: 5 } }, 5, undefined],
    [{ include: { min: 5 } }, 4.99, 'prices.include'],
    [{ include: { min: 5 } }, null, 'prices.include (has no price)'],
    [{ exclude: { max: 0 } }, 0, 'prices.exclude'],
    [{ exclude: { max: 0 } }, 1, undefined],
    [{ exclude: { max: 0 } }, null, undefined],
    [{ exclude: { min: 1, max: 2 } }, -1.5, 'prices.exclude'],
  ])('by price %j, with the price %p, apply %p', (prices, price, rule) => {
    expect(ruleOf({ price }, { prices })).toBe(rule);
  });

  it('treat a refund as its purchase is treated', () => {
    const range = fc.record({ min: fc.nat(50), max: fc.integer({ min: 50, max: 99 }) });
    fc.assert(
      fc.property(range, fc.option(range, { nil: undefined }), fc.nat(120), (include, exclude, price) => {
        const prices = { include, exclude };
        expect(ruleOf({ price: -price }, { prices })).toBe(ruleOf({ price }, { prices }));
      }),
    );
  });

  it('by environment do not apply while it is unknown', () => {
    const some = filters({ environments: { include: ['SANDBOX'] } });
    expect(filterOf(event({}), some, undefined)).toBeUndefined();
    expect(filterOf(event({}), some, 'SANDBOX')).toBeUndefined();
    expect(filterOf(event({}), some, 'PRODUCTION')?.rule).toBe('environments.include');
  });

  it.each([
    ['a range without ends', { prices: { include: {} } }],
    ['a range that ends before it begins', { prices: { include: { min: 2, max: 1 } } }],
    ['a blank entry', { apps: { include: [' '] } }],
    ['an unknown filter', { colors: {} }],
    ['an unknown environment', { environments: { include: ['TEST'] } }],
  ])('must not have %s', (_what, input) => {
    expect(filtersSchema.safeParse(input).success).toBe(false);
  });
});

const names = ['A', 'B', 'AB', 'C'];
const field = fc.option(fc.constantFrom(...names), { nil: null });
const events = fc.record({
  app_id: field,
  store: field,
  product_id: field,
  country_code: field,
  price: fc.option(fc.integer({ min: -9, max: 9 }), { nil: null }),
});
const entries = fc.array(fc.constantFrom(...names, '*', 'A*'), { maxLength: 3 });
const lists = fc.record({ include: entries, exclude: entries });
const ranges = fc.option(fc.record({ min: fc.nat(4), max: fc.integer({ min: 5, max: 9 }) }), {
  nil: undefined,
});
const someFilters = fc.record({
  apps: lists,
  stores: lists,
  products: lists,
  countries: lists,
  prices: fc.record({ include: ranges, exclude: ranges }),
});
type Input = typeof someFilters extends fc.Arbitrary<infer T> ? T : never;

describe('the result of filters', () => {
  it('does not depend on the order of their entries', () => {
    fc.assert(
      fc.property(events, someFilters, (fields, input) => {
        const reversed = mapLists(input, (items) => items.toReversed());
        expect(ruleOf(fields, reversed)).toBe(ruleOf(fields, input));
      }),
    );
  });

  it('is that the event is filtered out if an exclusion matches, whatever is included', () => {
    fc.assert(
      fc.property(events, someFilters, someFilters, (fields, input, others) => {
        const onlyExclude = mapLists(input, (items, side) => (side === 'include' ? [] : items));
        const rule = ruleOf(fields, { ...onlyExclude, prices: { exclude: input.prices.exclude } });
        if (rule === undefined) return;
        const merged = mapLists(input, (items, side, name) =>
          side === 'include' ? [...items, ...others[name].include] : items,
        );
        expect(ruleOf(fields, merged)).toBe(rule);
      }),
    );
  });

  it('is that everything is sent without filters', () => {
    fc.assert(
      fc.property(events, (fields) => {
        expect(ruleOf(fields, {})).toBeUndefined();
      }),
    );
  });

  it('is the same as without a filter if the include accepts every product', () => {
    fc.assert(
      fc.property(events, (fields) => {
        const rule = ruleOf(fields, { products: { include: ['*'] } });
        expect(rule).toBe(fields.product_id === null ? 'products.include (has no product)' : undefined);
      }),
    );
  });

  it('is stable when the settings are stored and read again', () => {
    fc.assert(
      fc.property(someFilters, (input) => {
        const once = filters(input);
        expect(filters(JSON.parse(JSON.stringify(once)))).toEqual(JSON.parse(JSON.stringify(once)));
      }),
    );
  });
});

function mapLists(
  input: Input,
  change: (
    items: string[],
    side: 'include' | 'exclude',
    name: 'apps' | 'stores' | 'products' | 'countries',
  ) => string[],
): Input {
  const changed = (name: 'apps' | 'stores' | 'products' | 'countries') => ({
    include: change(input[name].include, 'include', name),
    exclude: change(input[name].exclude, 'exclude', name),
  });
  return {
    apps: changed('apps'),
    stores: changed('stores'),
    products: changed('products'),
    countries: changed('countries'),
    prices: input.prices,
  };
}
