import { Select, SimpleGrid } from '@mantine/core';
import type { AuditFacets } from '../../../api/audit';
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
        data={withSelected(actions, params.get('action')).map((value) => ({
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
        label="User"
        placeholder="Any"
        data={withSelected(facets?.who ?? [], params.get('who'))}
        value={params.get('who')}
        searchable
        clearable
        clearButtonProps={clearButton('Any user')}
        onChange={(who) => {
          onChange({ who: who ?? undefined });
        }}
      />
    </SimpleGrid>
  );
}

/** Adds the value in the URL to the options, even if no record has it. */
function withSelected(known: readonly string[], selected: string | null): string[] {
  return selected === null || known.includes(selected) ? [...known] : [...known, selected];
}
