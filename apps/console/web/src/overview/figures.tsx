import { Anchor, Card, SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { StageBacklog, Overview } from '../../../api/overview';
import { count, duration } from '../shared/duration';

const waitingFor: Record<StageBacklog['stage'], string> = {
  mapper: 'Waiting for the mapper',
  dispatcher: 'Waiting for the dispatcher',
  console: 'Waiting for the console',
};

/** Figures of the time range. */
export function Figures({ overview }: { overview: Overview }) {
  const { totals, backlog, openDeadLetters, latency } = overview;
  const { p50, p95, p99 } = latency.whole;
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} role="list">
      <Figure label="Events received">{count.format(totals.received)}</Figure>
      <Figure
        label="Delivered"
        note={totals.duplicate > 0 ? `${count.format(totals.duplicate)} duplicates not sent` : undefined}
      >
        {count.format(totals.delivered)}
      </Figure>
      <Figure label="Filtered">{count.format(totals.filtered)}</Figure>
      <Figure label="Failed attempts">{count.format(totals.retrying)}</Figure>
      <Figure label="Open dead letters">
        <Anchor component={Link} to="/dead-letters" inherit underline="always">
          {count.format(openDeadLetters)}
        </Anchor>
      </Figure>
      {backlog.map(({ stage, records }) => (
        <Figure
          key={stage}
          label={waitingFor[stage]}
          note={records === null ? 'Kafka does not respond' : undefined}
        >
          {records === null ? '–' : count.format(records)}
        </Figure>
      ))}
      <Figure label="Latency, median" note={`95 %: ${duration(p95)}`}>
        {duration(p50)}
      </Figure>
      <Figure label="Latency, 99 %">{duration(p99)}</Figure>
    </SimpleGrid>
  );
}

function Figure({
  label,
  note,
  children,
}: {
  label: string;
  note?: string | undefined;
  children: ReactNode;
}) {
  return (
    <Card withBorder padding="sm" role="listitem">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text component="div" fz={26} fw={600} lh={1.3}>
        {children}
      </Text>
      {note !== undefined && (
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      )}
    </Card>
  );
}
