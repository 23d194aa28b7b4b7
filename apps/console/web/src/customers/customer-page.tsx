import { Alert, SimpleGrid, Stack, Title } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { CustomerView } from '../../../api/customers';
import type { EventPage } from '../../../api/events';
import { get } from '../api/client';
import { EventDrawer, eventRefOf } from '../events/event-drawer';
import { EventTable } from '../events/event-table';
import { Empty } from '../shared/empty';
import { QueryResult } from '../shared/query-result';
import { PageTitle } from '../shared/page-title';
import { useUrlState } from '../shared/use-url-state';
import { ShowOlder } from '../shared/show-older';
import { Aliases } from './aliases';
import { Attributes } from './attributes';
import { type CustomerId } from './customer-path';
import { CustomerState } from './customer-state';

export function CustomerPage() {
  const [params] = useUrlState();
  const customerId = { project: params.get('project') ?? '', id: params.get('id') ?? '' };
  const { project, id } = customerId;
  const customer = useQuery({
    queryKey: ['customer', project, id],
    queryFn: () => get<CustomerView>('customer', customerId),
    refetchInterval: 5_000,
  });
  return (
    <>
      <PageTitle title={id} />
      <QueryResult query={customer}>
        {(view) => (
          <Stack gap="lg">
            {!view.isProfileKnown && (
              <Alert variant="outline" color="orange" title="The profile is unavailable">
                Redis does not respond. The data below is from Kafka and for this id only; events with other
                ids of the customer are missing.
              </Alert>
            )}
            <SimpleGrid cols={{ base: 1, lg: 2 }}>
              <Aliases customer={view} />
              <Attributes customer={view} />
            </SimpleGrid>
            {view.state !== null && <CustomerState state={view.state} />}
            <History customer={customerId} />
          </Stack>
        )}
      </QueryResult>
    </>
  );
}

function History({ customer }: { customer: CustomerId }) {
  const [params, change] = useUrlState();
  const history = useInfiniteQuery({
    queryKey: ['history', customer],
    queryFn: ({ pageParam }) => get<EventPage>('customer/events', { ...customer, cursor: pageParam }),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    refetchInterval: 2_000,
  });
  return (
    <section aria-labelledby="history">
      <Title order={2} size="h4" id="history" mb="xs">
        Customer history
      </Title>
      <QueryResult query={history}>
        {({ pages }) => {
          const events = pages.flatMap((page) => page.events);
          return events.length === 0 ? (
            <Empty title="No events of this customer">Profiles are retained for longer than events.</Empty>
          ) : (
            <EventTable
              label="Events of this customer"
              events={events}
              onOpen={(event) => {
                change({ event: eventRefOf(event) });
              }}
            />
          );
        }}
      </QueryResult>
      <ShowOlder pages={history} what="events" mt="sm" />
      <EventDrawer
        eventRef={params.get('event')}
        onClose={() => {
          change({ event: undefined });
        }}
      />
    </section>
  );
}
