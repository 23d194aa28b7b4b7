import { type Environment, idText, numberField, type RevenueCatEvent, textField } from '@app/revenuecat';
import { z } from 'zod';

/** Sorted and without duplicates, so that the rule that applies does not depend on the order of entry. */
const unique = (items: string[]): string[] => [...new Set(items)].sort();
const upperCase = (items: string[]): string[] => unique(items.map((item) => item.toUpperCase()));

const entry = z.string().trim().min(1).max(200);
const entries = (normalize: (items: string[]) => string[]) =>
  z.array(entry).max(500).overwrite(normalize).default([]);
const listFilter = (normalize: (items: string[]) => string[] = unique) =>
  z.strictObject({ include: entries(normalize), exclude: entries(normalize) }).prefault({});

const amount = z.number().min(0).optional();
const range = z
  .strictObject({ min: amount, max: amount })
  .refine(({ min, max }) => min !== undefined || max !== undefined, 'A range needs "min", "max" or both.')
  .refine(({ min = 0, max = Infinity }) => min <= max, 'The "min" of a range must not exceed its "max".')
  .optional();

const environments = z
  .array(z.enum(['PRODUCTION', 'SANDBOX']))
  .overwrite((items) => [...new Set(items)].sort())
  .default([]);

/**
 * Which events of the selected types are sent. An event is filtered out if it matches any entry of an `exclude`, or if an `include`
 * has entries and the event matches none of them. An event without the field matches no entry, with one exception:
 * `products.include` does not apply to an event that concerns no product, such as a TRANSFER.
 */
export const filtersSchema = z.strictObject({
  /** By `app_id`. */
  apps: listFilter(),
  /** By `store`, such as APP_STORE, in any letter case. */
  stores: listFilter(upperCase),
  /** By `product_id`. A `*` matches any text, also none. */
  products: listFilter(),
  /** By `country_code`: ISO 3166-1 alpha-2, in any letter case. */
  countries: listFilter(upperCase),
  /** By the environment that the event counts as. Sandbox events are sent only if `includeSandbox` is set as well. */
  environments: z.strictObject({ include: environments, exclude: environments }).prefault({}),
  /** By `price` in USD, without its sign, so that a refund is treated as its purchase is. Both ends are part of a range. */
  prices: z.strictObject({ include: range, exclude: range }).prefault({}),
});

export type Filters = z.output<typeof filtersSchema>;

type Field = keyof Filters;

/** A filter that filters an event out. */
export interface MatchedFilter {
  /**
   * Its name in the settings, with the entry that matched, or with what the event lacks: `products.exclude "com.app.lifetime*"`,
   * `countries.include` or `countries.include (has no country)`.
   */
  rule: string;
  field: Field;
}

const nouns: Record<Field, string> = {
  apps: 'app',
  stores: 'store',
  products: 'product',
  countries: 'country',
  environments: 'environment',
  prices: 'price',
};

const lists = ['apps', 'stores', 'products', 'countries', 'environments'] as const;

/**
 * The filter that filters an event out; undefined if the event may be sent. Exclusions are checked first.
 *
 * @param environment the environment that the event counts as; undefined if it is not known yet, to ignore filters by it
 */
export function filterOf(
  event: RevenueCatEvent,
  filters: Filters,
  environment: Environment | undefined,
): MatchedFilter | undefined {
  const { fields } = event;
  const values: Record<(typeof lists)[number], string | undefined> = {
    apps: idText(fields['app_id']),
    stores: textField(fields, 'store')?.toUpperCase(),
    products: idText(fields['product_id']),
    countries: textField(fields, 'country_code')?.toUpperCase(),
    environments: environment,
  };
  const price = numberField(fields, 'price');
  const { include, exclude } = filters.prices;

  for (const field of lists) {
    const entry = filters[field].exclude.find((pattern) => matches(field, pattern, values[field]));
    if (entry !== undefined) return { rule: `${field}.exclude ${JSON.stringify(entry)}`, field };
  }
  if (exclude !== undefined && isWithin(exclude, price)) return { rule: 'prices.exclude', field: 'prices' };

  for (const field of lists) {
    const patterns = filters[field].include;
    const value = values[field];
    const isUnknown = field === 'environments' && value === undefined;
    const isExempt = isUnknown || (field === 'products' && concernsNoProduct(event));
    if (patterns.length === 0 || isExempt || patterns.some((pattern) => matches(field, pattern, value)))
      continue;
    return includeFilter(field, value);
  }
  return include === undefined || isWithin(include, price) ? undefined : includeFilter('prices', price);
}

function includeFilter(field: Field, value: string | number | undefined): MatchedFilter {
  return { rule: `${field}.include${value === undefined ? ` (has no ${nouns[field]})` : ''}`, field };
}

/**
 * Whether an event is about a customer and not about a purchase: a transfer, an alias, an enrolment in an experiment, a paywall.
 * RevenueCat states `product_id` in each event about a purchase, even if it is null
 * (https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields).
 */
function concernsNoProduct({ fields }: RevenueCatEvent): boolean {
  return !Object.hasOwn(fields, 'product_id');
}

function matches(field: Field, pattern: string, value: string | undefined): boolean {
  if (value === undefined) return false;
  return field === 'products' ? matchesWildcards(pattern, value) : pattern === value;
}

/** Takes time proportional to the lengths, unlike a regular expression with several `.*`. */
function matchesWildcards(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return from <= text.length - last.length;
}

function isWithin(
  { min = 0, max = Infinity }: { min?: number | undefined; max?: number | undefined },
  price: number | undefined,
): boolean {
  return price !== undefined && Math.abs(price) >= min && Math.abs(price) <= max;
}
