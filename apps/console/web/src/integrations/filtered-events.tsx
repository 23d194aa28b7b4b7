import { Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { FilteredEvents as Counts } from '../../../api/integrations';
import { get } from '../api/client';
import { count } from '../shared/duration';
import { FilterRule } from '../shared/filter-rule';
import { QueryResult } from '../shared/query-result';

/** How many events each filter, or another setting, filtered out. */
export function FilteredEvents({ projectId }: { projectId: string }) {
  const counts = useQuery({
    queryKey: ['filtered-events', projectId],
    queryFn: () => get<Counts>(`integrations/${projectId}/filtered-events`),
    refetchInterval: 5_000,
  });
  return (
    <section aria-labelledby="filtered-events">
      <Title order={2} size="h4" id="filtered-events" mb="xs">
        Events filtered out
      </Title>
      <QueryResult query={counts}>
        {({ sinceMs, rules }) =>
          sinceMs === null ? (
            <Text size="sm">None, as far as the console retains events.</Text>
          ) : (
            <>
              <Text size="sm">
                Since {new Date(sinceMs).toLocaleDateString(undefined, { timeZone: 'UTC' })} (UTC). Change a
                setting, then replay an event to send it.
              </Text>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Filtered out by</Table.Th>
                    <Table.Th ta="right">Events</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rules.map(({ reason, rule, events }) => (
                    <Table.Tr key={`${reason} ${rule ?? ''}`}>
                      <Table.Td>
                        <FilterRule reason={reason} rule={rule} />
                      </Table.Td>
                      <Table.Td ta="right">{count.format(events)}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </>
          )
        }
      </QueryResult>
    </section>
  );
}
