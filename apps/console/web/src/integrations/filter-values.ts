import type { IntegrationWithoutSecrets } from '../../../api/integrations';

type Filters = IntegrationWithoutSecrets['filters'];
type ListFilter = 'apps' | 'stores' | 'products' | 'countries' | 'environments';

/** A price range while it is edited: an end that is empty has no limit. */
interface RangeValues {
  min: number | string;
  max: number | string;
}

/** The filters while they are edited. */
export type FilterValues = Record<ListFilter, { include: string[]; exclude: string[] }> & {
  prices: { include: RangeValues; exclude: RangeValues };
};

const none = { include: [], exclude: [] };
export const blankFilters: FilterValues = {
  apps: none,
  stores: none,
  products: none,
  countries: none,
  environments: none,
  prices: { include: { min: '', max: '' }, exclude: { min: '', max: '' } },
};

export function filterValuesOf({ prices, ...lists }: Filters): FilterValues {
  const edited = (range: Filters['prices']['include']): RangeValues => ({
    min: range?.min ?? '',
    max: range?.max ?? '',
  });
  return { ...lists, prices: { include: edited(prices.include), exclude: edited(prices.exclude) } };
}

/** Returns the filters in the format of the API. */
export function filtersOf({ prices, ...lists }: FilterValues) {
  return {
    ...lists,
    prices: { ...rangeOf('include', prices.include), ...rangeOf('exclude', prices.exclude) },
  };
}

function rangeOf(name: 'include' | 'exclude', { min, max }: RangeValues) {
  const range = {
    ...(typeof min === 'number' && { min }),
    ...(typeof max === 'number' && { max }),
  };
  return Object.keys(range).length === 0 ? {} : { [name]: range };
}
