import { Anchor, Badge, Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { IntegrationView, ReadyIntegration } from '../../../api/integrations';
import { Empty } from '../shared/empty';
import { QueryResult } from '../shared/query-result';
import { PageTitle } from '../shared/page-title';
import { Copyable } from '../shared/copyable';
import { HealthBadge, HealthReason } from './health';
import { useIntegrations } from './queries';

export function IntegrationsPage() {
  const integrations = useIntegrations();
  return (
    <>
      <PageTitle title="Integrations">
        <Button component={Link} to="/integrations/new" leftSection={<IconPlus size={16} aria-hidden />}>
          Add integration
        </Button>
      </PageTitle>
      <QueryResult query={integrations}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="No integration yet">
              Choose <b>Add integration</b> and paste the Statsig server secret key. Events that have been
              received wait in order and are sent then.
            </Empty>
          ) : (
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              {list.map((integration) => (
                <IntegrationCard key={integration.projectId} integration={integration} />
              ))}
            </SimpleGrid>
          )
        }
      </QueryResult>
    </>
  );
}

function IntegrationCard({ integration }: { integration: IntegrationView }) {
  const { projectId, health, webhook } = integration;
  return (
    <Card withBorder>
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={2} size="h4">
            <Anchor component={Link} to={`/integrations/${projectId}`} inherit underline="always">
              Statsig · {projectId}
            </Anchor>
          </Title>
          <HealthBadge health={health} />
        </Group>
        <HealthReason health={health} />
        {integration.kind === 'ready' && <Settings integration={integration} />}
        <Group justify="space-between">
          <Copyable label="webhook URL" value={webhook.url} />
          {webhook.origin === 'none' && (
            <Badge variant="dot" color="orange" tt="none">
              No webhook credentials
            </Badge>
          )}
        </Group>
      </Stack>
    </Card>
  );
}

function Settings({
  integration: { serverSecretEnding, format, includeSandbox, origin },
}: {
  integration: ReadyIntegration;
}) {
  return (
    <Text size="sm">
      Secret ••••{serverSecretEnding} · {format === 'revenuecat' ? 'RevenueCat webhook' : 'Events API'} ·
      sandbox events {includeSandbox ? 'on' : 'off'}
      {origin === 'environment' && ' · set in the environment'}
    </Text>
  );
}
