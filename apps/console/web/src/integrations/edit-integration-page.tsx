import { Alert, Button, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import { useParams } from 'react-router';
import type {
  IntegrationView,
  ReadyIntegration,
  UnreadableIntegration,
  IntegrationSetup,
} from '../../../api/integrations';
import { send } from '../api/client';
import { QueryResult } from '../shared/query-result';
import { PreviewSection } from '../preview/preview-section';
import { PageTitle } from '../shared/page-title';
import { ErrorAlert } from '../shared/error-alert';
import { FilteredEvents } from './filtered-events';
import { HealthBadge, HealthReason } from './health';
import { IntegrationActions, RemoveIntegration } from './integration-actions';
import {
  blankValues,
  type IntegrationFormValues,
  lookupProblems,
  problemOfMap,
  sandboxProblems,
  settingsOf,
  testOf,
  valuesOf,
  withoutSecrets,
} from './integration-form-values';
import { IntegrationFields } from './integration-fields';
import { useChange, useIntegration, useSetup } from './queries';
import { RevenueCatWebhooks } from './revenuecat-webhooks';
import { TestEvent } from './test-event';
import { WebhookCard } from './webhook-card';

export function EditIntegrationPage() {
  const { projectId = '' } = useParams();
  const integration = useIntegration(projectId);
  const setup = useSetup();
  return (
    <>
      <PageTitle title={`Statsig · ${projectId}`} />
      <QueryResult query={integration}>
        {(view) => (
          <QueryResult query={setup}>{(data) => <Integration view={view} setup={data} />}</QueryResult>
        )}
      </QueryResult>
    </>
  );
}

function Integration({ view, setup }: { view: IntegrationView; setup: IntegrationSetup }) {
  return view.kind === 'ready' ? (
    <EditIntegration view={view} setup={setup} />
  ) : (
    <ReenterIntegration view={view} setup={setup} />
  );
}

function EditIntegration({ view, setup }: { view: ReadyIntegration; setup: IntegrationSetup }) {
  const isEditable = view.origin === 'console';
  /** Version of the loaded settings, so that saving does not overwrite changes by others. */
  const [version, setVersion] = useState(view.version);
  const form = useForm<IntegrationFormValues>({
    initialValues: valuesOf(view),
    validate: {
      ...problems,
      ...lookupProblems({ hasKey: view.lookup !== null }),
      ...sandboxProblems({ hasSecret: view.hasSandboxSecret }),
    },
  });
  const save = useChange(async (values: IntegrationFormValues) => {
    const body = { ...settingsOf(values), version };
    const saved = await send<ReadyIntegration>('PUT', `integrations/${view.projectId}`, body);
    setVersion(saved.version);
    form.setValues(withoutSecrets);
  }, 'Saved. It takes effect within two seconds.');
  return (
    <>
      <Stack maw={720}>
        <Group>
          <HealthBadge health={view.health} />
          <Text size="sm">
            Secret ••••{view.serverSecretEnding} · {view.partitions}{' '}
            {view.partitions === 1 ? 'partition' : 'partitions'}
            {view.lookup !== null && ' · looks up new customers in RevenueCat'}
          </Text>
        </Group>
        <HealthReason health={view.health} />
        {isEditable ? (
          <IntegrationActions view={view} />
        ) : (
          <Alert variant="outline" title="Set in the environment">
            This integration comes from <code>STATSIG_SERVER_SECRET</code> and related settings. Change it
            there, or add an integration here for the same project, which takes precedence.
          </Alert>
        )}
        <WebhookCard projectId={view.projectId} webhook={view.webhook} />
        <RevenueCatWebhooks projectId={view.projectId} />
        <FilteredEvents projectId={view.projectId} />
        <TestEvent isReady draft={() => testOf(form.values, view.projectId)} />
        <form
          onSubmit={form.onSubmit((values) => {
            save.mutate(values);
          })}
        >
          <Stack>
            <IntegrationFields
              form={form}
              setup={setup}
              storedKeyEnding={view.lookup?.apiKeyEnding}
              sandboxSecretEnding={view.sandboxSecretEnding}
            />
            {save.isError && <ErrorAlert error={save.error} />}
            {isEditable && (
              <Group>
                <Button type="submit" loading={save.isPending}>
                  Save
                </Button>
              </Group>
            )}
          </Stack>
        </form>
      </Stack>
      <PreviewSection projectId={view.projectId} values={form.values} />
    </>
  );
}

/** Form for an integration whose secrets cannot be decrypted: shows its readable settings and asks for all secrets. */
function ReenterIntegration({ view, setup }: { view: UnreadableIntegration; setup: IntegrationSetup }) {
  const { projectId, settings, health, webhook } = view;
  const [version] = useState(view.version);
  const form = useForm<IntegrationFormValues>({
    initialValues: settings === null ? { ...blankValues(setup), projectId } : valuesOf(settings),
    validate: {
      serverSecret: (secret) => (secret.trim() === '' ? 'Paste the server secret key' : null),
      ...problems,
      ...lookupProblems({ hasKey: false }),
      ...sandboxProblems({ hasSecret: false }),
    },
  });
  const save = useChange(async (values: IntegrationFormValues) => {
    const { serverSecret } = values;
    await send('PUT', `integrations/${projectId}`, { ...settingsOf(values), serverSecret, version });
  }, 'Saved. It takes effect within two seconds.');
  return (
    <Stack maw={720}>
      <Alert
        variant="outline"
        color="red"
        title="This integration is unreadable"
        icon={<IconAlertTriangle aria-hidden />}
      >
        <Stack gap="xs">
          <Text size="sm">{health.detail}</Text>
          <Text size="sm">
            {settings === null
              ? 'Its settings are unreadable too.'
              : 'Its settings are below, without the secrets.'}{' '}
            Enter its secrets again and save, or remove it. Its events wait in Kafka; apps that have read it
            before continue with their last state.
          </Text>
        </Stack>
      </Alert>
      <Group>
        <RemoveIntegration projectId={projectId} />
      </Group>
      <WebhookCard projectId={projectId} webhook={webhook} />
      <form
        onSubmit={form.onSubmit((values) => {
          save.mutate(values);
        })}
      >
        <Stack>
          <PasswordInput
            label="Statsig server secret key"
            placeholder="secret-…"
            required
            autoComplete="off"
            {...form.getInputProps('serverSecret')}
          />
          <IntegrationFields form={form} setup={setup} />
          {save.isError && <ErrorAlert error={save.error} />}
          <Group>
            <Button type="submit" loading={save.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Stack>
  );
}

const problems = {
  format: (format: string) => (format === '' ? 'Choose a format' : null),
  nameMap: (text: string) => problemOfMap(text) ?? null,
  customIds: (text: string) => problemOfMap(text) ?? null,
  attributes: (text: string) => problemOfMap(text) ?? null,
};
