import { Card, Stack, Text, Title } from '@mantine/core';
import { Copyable } from '../shared/copyable';
import { Loaded } from '../shared/loaded';
import { useSetup } from './queries';

/** What goes into RevenueCat. */
export function WebhookDoor() {
  const setup = useSetup();
  return (
    <Card withBorder mt="md">
      <Title order={2} size="h4" mb="xs">
        In RevenueCat
      </Title>
      <Loaded query={setup}>
        {({ webhookUrl, authorization }) => (
          <Stack gap="sm">
            <Text size="sm">
              Project settings → Integrations → Webhooks → Add new configuration, and paste:
            </Text>
            <div>
              <Text size="sm" fw={600}>
                Webhook URL
              </Text>
              <Copyable label="webhook URL" value={webhookUrl} />
            </div>
            <div>
              <Text size="sm" fw={600}>
                Authorization header value
              </Text>
              {authorization === '' ? (
                <Text size="sm" c="dimmed">
                  Not known here: it is what <code>WEBHOOK_AUTHORIZATION</code> is set to at the door.
                </Text>
              ) : (
                <Copyable label="Authorization value" value={authorization} />
              )}
            </div>
          </Stack>
        )}
      </Loaded>
    </Card>
  );
}
