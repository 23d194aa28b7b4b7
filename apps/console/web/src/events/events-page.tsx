import { Button, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { IconDownload, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import type { EventFacets, EventPage } from '../../../api/events';
import { apiUrl, get } from '../api/client';
import { Empty } from '../shared/empty';
import { QueryResult } from '../shared/query-result';
import { PageTitle } from '../shared/page-title';
import { ShowOlder } from '../shared/show-older';
import { useUrlState } from '../shared/use-url-state';
import { EventDrawer, eventRefOf } from './event-drawer';
import { EventFilters, filterIn } from './event-filters';
import { EventTable } from './event-table';
import { newestFirst, useLiveEvents } from './use-live-events';

export function EventsPage() {
  const [params, change] = useUrlState();
  const filter = filterIn(params);
  const isPaused = params.has('paused');
  const facets = useQuery({
    queryKey: ['facets'],
    queryFn: () => get<EventFacets>('events/facets'),
    refetchInterval: 30_000,
  });
  const pages = useInfiniteQuery({
    queryKey: ['events', filter],
    queryFn: ({ pageParam }) => get<EventPage>('events', { ...filter, cursor: pageParam }),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    staleTime: Infinity,
    gcTime: 0,
  });
  const live = useLiveEvents(filter, !isPaused, pages.refetch);
  return (
    <>
      <PageTitle title="Log stream">
        <Text size="sm" c="dimmed" role="status">
          {isPaused ? 'Paused' : live.isConnected ? 'Live' : 'Connecting…'}
        </Text>
        <Button
          size="xs"
          variant="default"
          leftSection={
            isPaused ? <IconPlayerPlay size={16} aria-hidden /> : <IconPlayerPause size={16} aria-hidden />
          }
          onClick={() => {
            change({ paused: isPaused ? undefined : '1' });
          }}
        >
          {isPaused ? 'Resume' : 'Pause'}
        </Button>
        <Button
          size="xs"
          variant="default"
          component="a"
          href={apiUrl('events/export', filter)}
          download="events.ndjson"
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          Export NDJSON
        </Button>
      </PageTitle>
      <Stack>
        <EventFilters params={params} facets={facets.data} onChange={change} />
        {live.left > 0 && (
          <Text size="sm" c="dimmed">
            {live.left} more events changed than can be shown here; the export contains all of them.
          </Text>
        )}
        <QueryResult query={pages}>
          {({ pages: read }) => {
            const events = newestFirst([...read.flatMap((page) => page.events), ...live.events]);
            return events.length === 0 ? (
              <Empty title="No events yet">
                {Object.keys(filter).length === 0
                  ? 'Make a test purchase, or choose "Send test event" for the webhook in RevenueCat.'
                  : 'No event matches these filters. Remove one to see more.'}
              </Empty>
            ) : (
              <EventTable
                label="Events"
                events={events}
                onOpen={(event) => {
                  change({ event: eventRefOf(event) });
                }}
              />
            );
          }}
        </QueryResult>
        <ShowOlder pages={pages} what="events" />
      </Stack>
      <EventDrawer
        eventRef={params.get('event')}
        onClose={() => {
          change({ event: undefined });
        }}
      />
    </>
  );
}
