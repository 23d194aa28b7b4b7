import { Alert, Card, Code, CopyButton, Button, Group, List, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconKey } from '@tabler/icons-react';
import { useState } from 'react';
import { webhookCurl } from '../../../api/webhook-curl';
import type { WebhookView } from '../../../api/webhooks';
import { Copyable } from '../shared/copyable';
import { WebhookActions } from './webhook-actions';

/** The webhook endpoint of a project: the values for RevenueCat, a test request, and the credentials. */
export function WebhookCard({
  projectId,
  webhook,
  created,
}: {
  projectId: string;
  webhook: WebhookView;
  /** An Authorization value that was just created. */
  created?: string | undefined;
}) {
  const [authorization, setAuthorization] = useState(created);
  const [nowMs] = useState(() => Date.now());
  const hasCredentials = webhook.authorizations + webhook.signingSecrets > 0;
  return (
    <Card withBorder component="section" aria-label="RevenueCat webhook">
      <Stack gap="sm">
        <Title order={2} size="h4">
          RevenueCat webhook
        </Title>
        {authorization !== undefined && <NewAuthorization value={authorization} />}
        <div>
          <Text size="sm" fw={600}>
            Webhook URL
          </Text>
          <Copyable label="webhook URL" value={webhook.url} />
        </div>
        <CredentialsState webhook={webhook} />
        {webhook.origin !== 'environment' && (
          <WebhookActions projectId={projectId} webhook={webhook} onNewest={setAuthorization} />
        )}
        {hasCredentials && (
          <>
            <Steps webhook={webhook} />
            <Curl text={webhookCurl(webhook, nowMs, authorization)} />
          </>
        )}
      </Stack>
    </Card>
  );
}

function NewAuthorization({ value }: { value: string }) {
  return (
    <Alert
      variant="outline"
      color="green"
      role="status"
      title="New Authorization value"
      icon={<IconKey aria-hidden />}
    >
      <Text size="sm" mb="xs">
        Copy it now: it is not shown again.
      </Text>
      <Copyable label="Authorization value" value={value} />
    </Alert>
  );
}

function CredentialsState({ webhook }: { webhook: WebhookView }) {
  const { origin, authorizations, signingSecrets, problem } = webhook;
  if (problem !== null) {
    return (
      <Alert
        variant="outline"
        color="red"
        title="The credentials are unreadable"
        icon={<IconAlertTriangle aria-hidden />}
      >
        {problem} Replace the Authorization value, or add the key and restart the console.
      </Alert>
    );
  }
  if (origin === 'none') {
    return (
      <Alert variant="outline" color="orange" title="No credentials yet">
        Webhooks of this project are rejected. Create an Authorization value.
      </Alert>
    );
  }
  return (
    <Text size="sm">
      {origin === 'environment' && (
        <>
          The credentials are set in the environment (<code>WEBHOOK_AUTHORIZATION</code>,{' '}
          <code>WEBHOOK_SIGNING_SECRET</code>). Change them there.{' '}
        </>
      )}
      {validity('Authorization value', authorizations)} {validity('signing secret', signingSecrets)}
    </Text>
  );
}

function validity(what: string, count: number): string {
  switch (count) {
    case 0:
      return `No ${what} is required.`;
    case 1:
      return `One ${what} is valid.`;
    default:
      return `Two ${what}s are valid until you retire one.`;
  }
}

function Steps({ webhook: { authorizations, signingSecrets } }: { webhook: WebhookView }) {
  return (
    <List type="ordered" size="sm" spacing={4}>
      <List.Item>
        In RevenueCat, open the project and choose Integrations → Webhooks → Add new configuration.
      </List.Item>
      <List.Item>Paste the webhook URL.</List.Item>
      {authorizations > 0 && (
        <List.Item>Paste the Authorization value as "Authorization header value".</List.Item>
      )}
      {signingSecrets > 0 && <List.Item>Keep signing enabled: unsigned webhooks are rejected.</List.Item>}
      <List.Item>Choose the environments and event types to send, and save.</List.Item>
      <List.Item>Send a test event from there. It appears in the log stream.</List.Item>
    </List>
  );
}

function Curl({ text }: { text: string }) {
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={600}>
          Post a test event with curl
        </Text>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy curl command'}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Code block tabIndex={0} role="region" aria-label="curl command">
        {text}
      </Code>
    </div>
  );
}
