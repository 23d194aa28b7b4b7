import { SimpleGrid, Stack, Title } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import type { CustomerView } from '../../../src/customers/customer-view';
import type { EventPage } from '../../../src/events/event-view';
import { get } from '../api/client';
import { EventDrawer, placeOf } from '../events/event-drawer';
import { EventTable } from '../events/event-table';
import { Empty } from '../shared/empty';
import { Loaded } from '../shared/loaded';
import { PageTitle } from '../shared/page-title';
import { useUrlState } from '../shared/use-url-state';
import { ShowOlder } from '../shared/show-older';
import { Aliases } from './aliases';
import { Attributes } from './attributes';

export function CustomerPage() {
  const { project = '', id = '' } = useParams();
  const path = `customers/${encodeURIComponent(project)}/${encodeURIComponent(id)}`;
  const customer = useQuery({
    queryKey: ['customer', project, id],
    queryFn: () => get<CustomerView>(path),
    refetchInterval: 5_000,
  });
  return (
    <>
      <PageTitle title={id} />
      <Loaded query={customer}>
        {(view) => (
          <Stack gap="lg">
            <SimpleGrid cols={{ base: 1, lg: 2 }}>
              <Aliases customer={view} />
              <Attributes customer={view} />
            </SimpleGrid>
            <History path={path} />
          </Stack>
        )}
      </Loaded>
    </>
  );
}

function History({ path }: { path: string }) {
  const [params, change] = useUrlState();
  const history = useInfiniteQuery({
    queryKey: ['history', path],
    queryFn: ({ pageParam }) => get<EventPage>(`${path}/events`, { cursor: pageParam }),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    refetchInterval: 2_000,
  });
  return (
    <section aria-labelledby="history">
      <Title order={2} size="h4" id="history" mb="xs">
        Customer history
      </Title>
      <Loaded query={history}>
        {({ pages }) => {
          const events = pages.flatMap((page) => page.events);
          return events.length === 0 ? (
            <Empty title="No events are kept of this customer">
              The profile is remembered for longer than events are.
            </Empty>
          ) : (
            <EventTable
              label="Events of this customer"
              events={events}
              onOpen={(event) => {
                change({ event: placeOf(event) });
              }}
            />
          );
        }}
      </Loaded>
      <ShowOlder pages={history} what="events" mt="sm" />
      <EventDrawer
        place={params.get('event')}
        onClose={() => {
          change({ event: undefined });
        }}
      />
    </section>
  );
}
