import { Select, SimpleGrid } from '@mantine/core';
import type { AuditFacets } from '../../../src/audit/audit-view';
import { clearButton } from '../shared/clear-button';
import type { UrlChange } from '../shared/use-url-state';
import { actionWords } from './action-words';

export function AuditFilters({
  params,
  facets,
  onChange,
}: {
  params: URLSearchParams;
  facets: AuditFacets | undefined;
  onChange: (change: UrlChange) => void;
}) {
  const actions = facets?.actions ?? [];
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} role="search" aria-label="Filters">
      <Select
        label="Action"
        placeholder="Any"
        data={withChosen(actions, params.get('action')).map((value) => ({
          value,
          label: actionWords(value),
        }))}
        value={params.get('action')}
        clearable
        clearButtonProps={clearButton('Any action')}
        onChange={(action) => {
          onChange({ action: action ?? undefined });
        }}
      />
      <Select
        label="Who"
        placeholder="Anybody"
        data={withChosen(facets?.who ?? [], params.get('who'))}
        value={params.get('who')}
        searchable
        clearable
        clearButtonProps={clearButton('Anybody')}
        onChange={(who) => {
          onChange({ who: who ?? undefined });
        }}
      />
    </SimpleGrid>
  );
}

/** What an address asks for is shown even where there is none of it. */
function withChosen(known: readonly string[], chosen: string | null): string[] {
  return chosen === null || known.includes(chosen) ? [...known] : [...known, chosen];
}
