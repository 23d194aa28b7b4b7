import { MultiSelect, Select, SimpleGrid, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import type { EventFacets } from '../../../api/events';
import type { Query } from '../api/client';
import { clearButton } from '../shared/clear-button';
import type { UrlChange } from '../shared/use-url-state';

const outcomes = [
  { value: 'waiting', label: 'Waiting' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'filtered', label: 'Filtered' },
  { value: 'retrying', label: 'Retrying' },
  { value: 'dead_lettered', label: 'Dead letter' },
];

const names = ['types', 'outcomes', 'environment', 'customer', 'project'] as const;

/** Returns the filters in a URL as parameters of the API. */
export function filterIn(params: URLSearchParams): Query {
  return Object.fromEntries(
    names.flatMap((name) => (params.has(name) ? [[name, params.get(name) ?? '']] : [])),
  );
}

export function EventFilters({
  params,
  facets,
  onChange,
}: {
  params: URLSearchParams;
  facets: EventFacets | undefined;
  onChange: (change: UrlChange) => void;
}) {
  const [customer, setCustomer] = useState(params.get('customer') ?? '');
  const filterByCustomer = useDebouncedCallback((text: string) => {
    onChange({ customer: text.trim() });
  }, 300);
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} role="search" aria-label="Filters">
      <MultiSelect
        label="Type"
        placeholder={params.has('types') ? '' : 'Any'}
        data={facets?.types ?? []}
        value={listIn(params, 'types')}
        searchable
        onChange={(types) => {
          onChange({ types: types.join(',') });
        }}
      />
      <MultiSelect
        label="Outcome"
        placeholder={params.has('outcomes') ? '' : 'Any'}
        data={outcomes}
        value={listIn(params, 'outcomes')}
        onChange={(chosen) => {
          onChange({ outcomes: chosen.join(',') });
        }}
      />
      <Select
        label="Environment"
        placeholder="Any"
        data={['PRODUCTION', 'SANDBOX', 'UNKNOWN']}
        value={params.get('environment')}
        clearable
        clearButtonProps={clearButton('Any environment')}
        onChange={(environment) => {
          onChange({ environment: environment ?? undefined });
        }}
      />
      <TextInput
        label="Customer"
        placeholder="Exact id or alias"
        value={customer}
        onChange={({ currentTarget }) => {
          setCustomer(currentTarget.value);
          filterByCustomer(currentTarget.value);
        }}
      />
    </SimpleGrid>
  );
}

function listIn(params: URLSearchParams, name: string): string[] {
  return (params.get(name) ?? '').split(',').filter((item) => item !== '');
}
