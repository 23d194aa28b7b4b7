import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Overview } from '../../../api/overview';
import { count, duration } from '../shared/duration';
import { ReasonHint } from '../shared/reason-hint';

type RejectedWebhooksEntry = NonNullable<Overview['rejectedWebhooks']>[number];

/** Webhooks that ingest rejected. RevenueCat retries them for a while, then drops the events. */
export function RejectedWebhooks({ overview }: { overview: Overview }) {
  const { rejectedWebhooks, nowMs } = overview;
  if (rejectedWebhooks === null) {
    return (
      <Text size="sm" c="dimmed">
        Rejected webhooks are unknown: Redis does not respond.
      </Text>
    );
  }
  if (rejectedWebhooks.length === 0) return null;
  return (
    <Card withBorder component="section" aria-label="Rejected webhooks">
      <Group gap="xs" mb="sm">
        <IconAlertTriangle size={18} color="var(--mantine-color-orange-filled)" aria-hidden />
        <Title order={2} size="h5">
          Rejected webhooks
        </Title>
      </Group>
      <Stack gap="sm">
        {rejectedWebhooks.map((rejected) => (
          <RejectedKind key={`${rejected.projectId}/${rejected.outcome}`} rejected={rejected} nowMs={nowMs} />
        ))}
      </Stack>
    </Card>
  );
}

function RejectedKind({ rejected, nowMs }: { rejected: RejectedWebhooksEntry; nowMs: number }) {
  const { projectId, outcome, title, explanation, count: times, lastAtMs, detail } = rejected;
  return (
    <div data-outcome={outcome} data-project={projectId}>
      <Group gap="sm">
        {projectId === 'unknown' ? (
          <Text>unknown project</Text>
        ) : (
          <Anchor component={Link} to={`/integrations/${projectId}`} underline="always">
            {projectId}
          </Anchor>
        )}
        <Text fw={600}>{title}</Text>
        <Text size="sm">
          {count.format(times)} in 24 h, last {duration(Math.max(0, nowMs - lastAtMs))} ago
        </Text>
      </Group>
      <Text size="sm" c="dimmed">
        {detail}
      </Text>
      <ReasonHint explanation={explanation} />
    </div>
  );
}
