import { Alert, Badge, Button, Card, Group, List, Radio, Stack, Table, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconInfoCircle } from '@tabler/icons-react';
import { useState } from 'react';
import type { WebhookChange, WebhookCheck, WebhookFinding } from '../../../api/revenuecat-webhooks';
import { send } from '../api/client';
import { ConfirmedAction } from '../shared/confirmed-action';
import { QueryResult } from '../shared/query-result';
import { useWebhookChange, useWebhookCheck } from './queries';

/** The webhooks of the project in RevenueCat, what is wrong with ours, and the changes that fix it. */
export function RevenueCatWebhooks({ projectId }: { projectId: string }) {
  const check = useWebhookCheck(projectId);
  return (
    <Card withBorder component="section" aria-label="Webhooks in RevenueCat">
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h4">
            Webhooks in RevenueCat
          </Title>
          <Button
            size="compact-sm"
            variant="default"
            loading={check.isFetching}
            onClick={() => void check.refetch()}
          >
            Check again
          </Button>
        </Group>
        <QueryResult query={check}>
          {(result) => <CheckResult projectId={projectId} result={result} />}
        </QueryResult>
      </Stack>
    </Card>
  );
}

function CheckResult({ projectId, result }: { projectId: string; result: WebhookCheck }) {
  const { state, detail, webhooks, findings } = result;
  if (state !== 'read') {
    return (
      <Alert
        role="status"
        variant="outline"
        color={state === 'no_key' ? 'blue' : 'orange'}
        title={unreadTitles[state]}
        icon={<IconInfoCircle aria-hidden />}
      >
        {detail} The steps are above.
      </Alert>
    );
  }
  return (
    <>
      {findings.length === 0 && (
        <Alert
          role="status"
          variant="outline"
          color="green"
          title="RevenueCat sends the events of this project"
          icon={<IconCheck aria-hidden />}
        >
          The webhook matches the settings of this integration.
        </Alert>
      )}
      {findings.map((finding) => (
        <Finding key={`${finding.kind} ${finding.webhookId ?? ''}`} finding={finding} />
      ))}
      <Changes projectId={projectId} webhooks={webhooks} findings={findings} />
      {webhooks.length > 0 && <WebhookTable webhooks={webhooks} />}
      <Text size="sm" c="dimmed">
        RevenueCat does not show the Authorization value of a webhook, or whether it is signed or enabled, so
        these are not compared. Update the webhook after you replace the Authorization value.
      </Text>
    </>
  );
}

const unreadTitles: Record<Exclude<WebhookCheck['state'], 'read'>, string> = {
  no_key: 'Set up the webhook from here',
  unauthorized: 'RevenueCat rejects the API key',
  forbidden: 'The API key lacks a permission',
  not_found: 'RevenueCat does not know the project',
  unavailable: 'RevenueCat is unavailable',
};

function Finding({ finding: { kind, severity, webhookId, text } }: { finding: WebhookFinding }) {
  const isProblem = severity === 'problem';
  return (
    <Alert
      variant="outline"
      color={isProblem ? 'orange' : 'blue'}
      title={findingTitles[kind]}
      icon={isProblem ? <IconAlertTriangle aria-hidden /> : <IconInfoCircle aria-hidden />}
    >
      {webhookId !== null && <code>{webhookId}</code>} {text}
    </Alert>
  );
}

/**
 * One button for each change, which may fix several findings. A webhook of ours can be updated without a finding, because
 * differences of the Authorization value cannot be seen.
 */
function Changes({
  projectId,
  webhooks,
  findings,
}: {
  projectId: string;
  webhooks: WebhookCheck['webhooks'];
  findings: readonly WebhookFinding[];
}) {
  const idsOf = (fix: WebhookFinding['fix']) => [
    ...new Set(findings.flatMap((finding) => (finding.fix === fix ? (finding.webhookId ?? '') : []))),
  ];
  const ours = webhooks.filter(({ isOurs }) => isOurs);
  return (
    <Group>
      {idsOf('create').length > 0 && <CreateWebhook projectId={projectId} />}
      {ours.map(({ id }) => (
        <UpdateWebhook key={id} projectId={projectId} webhookId={id} isOnly={ours.length === 1} />
      ))}
      {idsOf('delete').map((id) => (
        <DeleteWebhook key={id} projectId={projectId} webhookId={id} />
      ))}
    </Group>
  );
}

const findingTitles: Record<WebhookFinding['kind'], string> = {
  missing: 'No webhook yet',
  environment: 'Another environment',
  event_types: 'Other event types',
  app: 'Only one app',
  duplicate: 'Events are sent twice',
};

function CreateWebhook({ projectId }: { projectId: string }) {
  const [environment, setEnvironment] = useState<Environment>('integration');
  const create = useWebhookChange(
    projectId,
    () =>
      send<WebhookCheck>('POST', `integrations/${projectId}/revenuecat-webhooks`, changeWith(environment)),
    'Webhook created in RevenueCat.',
  );
  return (
    <ConfirmedAction
      action="Create in RevenueCat"
      title="Create the webhook in RevenueCat"
      confirm="Create"
      change={create}
    >
      <Text size="sm">RevenueCat will send the events of all apps of the project from now on.</Text>
      <Settings environment={environment} onEnvironment={setEnvironment} />
    </ConfirmedAction>
  );
}

function UpdateWebhook({
  projectId,
  webhookId,
  isOnly,
}: {
  projectId: string;
  webhookId: string;
  isOnly: boolean;
}) {
  const [environment, setEnvironment] = useState<Environment>('integration');
  const update = useWebhookChange(
    projectId,
    () =>
      send<WebhookCheck>(
        'POST',
        `integrations/${projectId}/revenuecat-webhooks/${webhookId}`,
        changeWith(environment),
      ),
    'Webhook updated in RevenueCat.',
  );
  return (
    <ConfirmedAction
      action={`Update ${isOnly ? '' : `${webhookId} `}in RevenueCat`}
      title="Update the webhook in RevenueCat"
      confirm="Update"
      change={update}
    >
      <Text size="sm">Name and URL of the webhook stay the same.</Text>
      <Settings environment={environment} onEnvironment={setEnvironment} />
    </ConfirmedAction>
  );
}

/** `integration`: whatever the integration sends. */
type Environment = 'integration' | NonNullable<WebhookChange['environment']>;

const environments: { value: Environment; label: string }[] = [
  { value: 'integration', label: 'Production, and sandbox if this integration sends sandbox events' },
  { value: 'production', label: 'Production only' },
  { value: 'both', label: 'Production and sandbox' },
];

function changeWith(environment: Environment): WebhookChange {
  return environment === 'integration' ? {} : { environment };
}

function Settings({
  environment,
  onEnvironment,
}: {
  environment: Environment;
  onEnvironment: (environment: Environment) => void;
}) {
  return (
    <>
      <Radio.Group label="Environment" value={environment} onChange={onEnvironment}>
        <Stack gap="xs" mt={4}>
          {environments.map(({ value, label }) => (
            <Radio key={value} value={value} label={label} />
          ))}
        </Stack>
      </Radio.Group>
      <List size="sm" spacing={4}>
        <List.Item>
          All event types: those that are not sent to Statsig update the profiles of customers.
        </List.Item>
        <List.Item>The newest Authorization value of the webhook URL.</List.Item>
      </List>
    </>
  );
}

function DeleteWebhook({ projectId, webhookId }: { projectId: string; webhookId: string }) {
  const remove = useWebhookChange(
    projectId,
    () => send<WebhookCheck>('DELETE', `integrations/${projectId}/revenuecat-webhooks/${webhookId}`),
    'Webhook deleted in RevenueCat.',
  );
  return (
    <ConfirmedAction
      action={`Delete ${webhookId} in RevenueCat`}
      title="Delete the webhook in RevenueCat"
      confirm="Delete"
      change={remove}
    >
      <Text size="sm">
        The webhook <code>{webhookId}</code> will be deleted. The other webhook of this project stays.
      </Text>
    </ConfirmedAction>
  );
}

function WebhookTable({ webhooks }: { webhooks: WebhookCheck['webhooks'] }) {
  return (
    <Table.ScrollContainer minWidth={480}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Webhook</Table.Th>
            <Table.Th>Environment</Table.Th>
            <Table.Th>Event types</Table.Th>
            <Table.Th>App</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {webhooks.map(({ id, name, isOurs, url, environment, eventTypes, appId }) => (
            <Table.Tr key={id}>
              <Table.Td>
                {name} {isOurs && <Badge variant="light">this project</Badge>}
                <Text size="xs" className="mono">
                  {id}
                  {!isOurs && ` · ${url}`}
                </Text>
              </Table.Td>
              <Table.Td>{environment ?? 'both'}</Table.Td>
              <Table.Td>{eventTypes === null ? 'all' : eventTypes.join(', ')}</Table.Td>
              <Table.Td>{appId ?? 'all'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
