import { Badge, Text } from '@mantine/core';
import type { IntegrationHealth } from '../../../api/integrations';
import { Moment } from '../shared/moment';

const looks: Record<IntegrationHealth['state'], { label: string; color: string }> = {
  delivering: { label: 'Delivering', color: 'green' },
  retrying: { label: 'Retrying', color: 'orange' },
  suspended: { label: 'Suspended', color: 'red' },
  paused: { label: 'Paused', color: 'gray' },
  unreadable: { label: 'Unreadable', color: 'red' },
  idle: { label: 'No events yet', color: 'gray' },
};

export function HealthBadge({ health }: { health: IntegrationHealth }) {
  const { label, color } = looks[health.state];
  return (
    <Badge variant="dot" color={color} tt="none">
      {label}
    </Badge>
  );
}

/** The reason for the state, the next attempt and the last delivery. */
export function HealthReason({ health }: { health: IntegrationHealth }) {
  const { detail, nextAttemptAtMs, lastDeliveredAtMs } = health;
  return (
    <Text size="sm" c="dimmed" component="div">
      {detail}
      {nextAttemptAtMs !== null && (
        <>
          {' '}
          Next attempt: <Moment atMs={nextAttemptAtMs} />.
        </>
      )}
      {lastDeliveredAtMs !== null && (
        <>
          {' '}
          Last delivered: <Moment atMs={lastDeliveredAtMs} />.
        </>
      )}
    </Text>
  );
}
