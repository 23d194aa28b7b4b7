import { Stack } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { AuditFacets, AuditPage as Page } from '../../../api/audit';
import { get } from '../api/client';
import { Empty } from '../shared/empty';
import { QueryResult } from '../shared/query-result';
import { PageTitle } from '../shared/page-title';
import { ShowOlder } from '../shared/show-older';
import { useUrlState } from '../shared/use-url-state';
import { AuditFilters } from './audit-filters';
import { AuditTable } from './audit-table';

const everyMs = 5_000;

/** The audit log. */
export function AuditPage() {
  const [params, change] = useUrlState();
  const filter = { action: params.get('action') ?? '', who: params.get('who') ?? '' };
  const isFiltered = filter.action !== '' || filter.who !== '';
  const facets = useQuery({
    queryKey: ['audit-facets'],
    queryFn: () => get<AuditFacets>('audit/facets'),
    refetchInterval: everyMs,
  });
  const pages = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam }) => get<Page>('audit', { ...filter, cursor: pageParam }),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    refetchInterval: everyMs,
  });
  return (
    <>
      <PageTitle title="Audit" />
      <Stack>
        <AuditFilters params={params} facets={facets.data} onChange={change} />
        <QueryResult query={pages}>
          {({ pages: read }) => {
            const records = read.flatMap((page) => page.records);
            return records.length === 0 ? (
              <Empty title={isFiltered ? 'No record matches these filters' : 'No audit records yet'}>
                {isFiltered
                  ? 'Remove one to see more.'
                  : 'Every change, here or through the API, is recorded before it is made.'}
              </Empty>
            ) : (
              <AuditTable records={records} />
            );
          }}
        </QueryResult>
        <ShowOlder pages={pages} what="records" />
      </Stack>
    </>
  );
}
