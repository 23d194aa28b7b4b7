import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import type { Overview } from '../../../api/overview';
import { HealthBadge, HealthReason } from '../integrations/health';
import { count } from '../shared/duration';

export function IntegrationStates({ integrations }: { integrations: Overview['integrations'] }) {
  if (integrations === null) {
    return (
      <Text size="sm" c="dimmed">
        Integrations are unknown: Redis does not respond.
      </Text>
    );
  }
  if (integrations.length === 0) return null;
  return (
    <Card withBorder>
      <Title order={2} size="h5" mb="sm">
        Integrations
      </Title>
      <Stack gap="sm">
        {integrations.map(({ projectId, health, waiting }) => (
          <div key={projectId}>
            <Group gap="sm">
              <Anchor component={Link} to={`/integrations/${projectId}`} underline="always">
                {projectId}
              </Anchor>
              <Text size="sm" c="dimmed">
                Statsig
              </Text>
              <HealthBadge health={health} />
              {waiting !== null && waiting > 0 && <Text size="sm">{count.format(waiting)} waiting</Text>}
            </Group>
            <HealthReason health={health} />
          </div>
        ))}
      </Stack>
    </Card>
  );
}
