import { Anchor, Drawer, Group, Stack, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { EventDetail } from '../../../api/events';
import { get } from '../api/client';
import { customerPath } from '../customers/customer-path';
import { JsonView } from '../shared/json-view';
import { QueryResult } from '../shared/query-result';
import { Copyable } from '../shared/copyable';
import { Moment } from '../shared/moment';
import { OutcomeBadge } from '../shared/outcome-badge';
import { Attempts } from './attempts';
import { Resend } from './resend';
import { SentDeliveries } from './sent-deliveries';

/** `<project>/<event id>`, as in the URL. */
export type EventRef = string;

export function eventRefOf({ project, eventId }: { project: string; eventId: string }): EventRef {
  return `${project}/${eventId}`;
}

/** Details of an event, in a drawer over the current page. */
export function EventDrawer({ eventRef, onClose }: { eventRef: EventRef | null; onClose: () => void }) {
  return (
    <Drawer
      opened={eventRef !== null}
      onClose={onClose}
      position="right"
      size="xl"
      title="Event"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {eventRef !== null && <EventContents eventRef={eventRef} />}
    </Drawer>
  );
}

function EventContents({ eventRef }: { eventRef: EventRef }) {
  const slash = eventRef.indexOf('/');
  const [project, eventId] = [eventRef.slice(0, slash), eventRef.slice(slash + 1)];
  const event = useQuery({
    queryKey: ['event', project, eventId],
    queryFn: () => get<EventDetail>('event', { project, id: eventId }),
    refetchInterval: 2_000,
  });
  return <QueryResult query={event}>{(detail) => <EventView event={detail} />}</QueryResult>;
}

function EventView({ event }: { event: EventDetail }) {
  return (
    <Stack>
      <Group>
        <Text fw={600}>{event.type}</Text>
        <OutcomeBadge outcome={event.outcome} />
      </Group>
      <Facts event={event} />
      <Resend event={event} />
      <Tabs defaultValue="attempts" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="attempts">Delivery</Tabs.Tab>
          <Tabs.Tab value="received">Received</Tabs.Tab>
          <Tabs.Tab value="sent">Sent to Statsig</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="attempts" pt="md">
          <Attempts event={event} />
        </Tabs.Panel>
        <Tabs.Panel value="received" pt="md">
          {event.received === null ? (
            <Text size="sm">The received event is no longer stored.</Text>
          ) : (
            <JsonView label="received event" text={event.received} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="sent" pt="md">
          <SentDeliveries event={event} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function Facts({ event }: { event: EventDetail }) {
  const {
    eventId,
    project,
    appUserId,
    receivedAtMs,
    eventTimeMs,
    environment,
    timesReceived,
    contentDiffers,
    nextAttemptAtMs,
    traceId,
    traceUrl,
  } = event;
  return (
    <Stack gap={4}>
      <Text size="sm">
        Id <span className="mono">{eventId}</span>, project {project}, {environment.toLowerCase()}
      </Text>
      {appUserId !== null && (
        <Text size="sm">
          Customer{' '}
          <Anchor
            component={Link}
            underline="always"
            className="mono"
            inherit
            to={customerPath({ project, id: appUserId })}
          >
            {appUserId}
          </Anchor>
        </Text>
      )}
      <Text size="sm">
        Occurred <Moment atMs={eventTimeMs} />, received <Moment atMs={receivedAtMs} />
        {timesReceived > 1 && `, received ${timesReceived} times`}
        {contentDiffers && ' with different contents'}
      </Text>
      {nextAttemptAtMs !== null && (
        <Text size="sm">
          Next attempt <Moment atMs={nextAttemptAtMs} />
        </Text>
      )}
      {traceId !== null && (
        <Group gap="xs">
          <Text size="sm">Trace</Text>
          <Copyable label="trace id" value={traceId} />
          {traceUrl !== null && (
            <Anchor href={traceUrl} target="_blank" rel="noreferrer" size="sm" underline="always">
              Open the trace
            </Anchor>
          )}
        </Group>
      )}
    </Stack>
  );
}
