import { Anchor, Badge, Group, Table, Text } from '@mantine/core';
import type { EventSummary } from '../../../api/events';
import { Moment } from '../shared/moment';
import { OutcomeBadge } from '../shared/outcome-badge';

/** Of the ids of events that `reconcile --backfill` sends (docs/reconcile.md). */
const backfillPrefix = 'backfill:';

/** Events, newest first. A mouse click on a row opens it; the event's button opens it by keyboard. */
export function EventTable({
  events,
  label,
  onOpen,
}: {
  events: readonly EventSummary[];
  label: string;
  onOpen: (event: EventSummary) => void;
}) {
  return (
    <Table.ScrollContainer
      minWidth={640}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': label } }}
    >
      <Table highlightOnHover aria-label={label} verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Received</Table.Th>
            <Table.Th>Event</Table.Th>
            <Table.Th>Customer</Table.Th>
            <Table.Th>Environment</Table.Th>
            <Table.Th>Statsig</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {events.map((event) => (
            <Row key={`${event.project}/${event.eventId}`} event={event} onOpen={onOpen} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Row({ event, onOpen }: { event: EventSummary; onOpen: (event: EventSummary) => void }) {
  const {
    eventId,
    receivedAtMs,
    type,
    productId,
    priceUsd,
    appUserId,
    environment,
    outcome,
    reason,
    nextAttemptAtMs,
  } = event;
  return (
    <Table.Tr
      className="live-row"
      data-event={eventId}
      onClick={() => {
        onOpen(event);
      }}
    >
      <Table.Td>
        <Moment atMs={receivedAtMs} />
      </Table.Td>
      <Table.Td>
        <Group gap="xs">
          <Anchor component="button" type="button" size="sm" underline="always">
            {type === '' ? 'unknown' : type}
          </Anchor>
          {eventId.startsWith(backfillPrefix) && (
            <Badge variant="default" size="sm" tt="none">
              backfill
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {[productId, priceUsd === null ? null : `$${priceUsd.toFixed(2)}`]
            .filter((part) => part !== null)
            .join(' · ')}
        </Text>
      </Table.Td>
      <Table.Td className="mono">
        <Text size="sm" className="mono" lineClamp={2}>
          {appUserId ?? '–'}
        </Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm">{environment.toLowerCase()}</Text>
      </Table.Td>
      <Table.Td>
        <OutcomeBadge outcome={outcome} />
        {reason !== null && (
          <Text size="xs" c="dimmed">
            {reason}
          </Text>
        )}
        {nextAttemptAtMs !== null && (
          <Text size="xs" c="dimmed">
            next <Moment atMs={nextAttemptAtMs} />
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
