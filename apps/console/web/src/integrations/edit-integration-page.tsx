import { Alert, Group, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { IntegrationView, ReadyIntegration, IntegrationSetup } from '../../../api/integrations';
import { send } from '../api/client';
import { QueryResult } from '../shared/query-result';
import { PreviewSection } from '../preview/preview-section';
import { useSettingExamples } from '../preview/queries';
import { PageTitle } from '../shared/page-title';
import { FilteredEvents } from './filtered-events';
import { HealthBadge, HealthReason } from './health';
import { IntegrationActions } from './integration-actions';
import { IntegrationFields } from './integration-fields';
import { IntegrationForm } from './integration-form';
import {
  type IntegrationFormValues,
  lookupProblems,
  sandboxProblems,
  settingProblems,
  settingsOf,
  testOf,
  valuesOf,
  emptySecrets,
} from './integration-form-values';
import { useChange, useIntegration, useSetup } from './queries';
import { ReenterIntegration } from './reenter-integration';
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
      ...settingProblems,
      ...lookupProblems({ hasKey: view.lookup !== null }),
      ...sandboxProblems(view),
    },
  });
  const save = useChange(async (values: IntegrationFormValues) => {
    const body = { ...settingsOf(values), version };
    const saved = await send<ReadyIntegration>('PUT', `integrations/${view.projectId}`, body);
    setVersion(saved.version);
    form.setValues(emptySecrets);
  }, 'Saved. It takes effect within two seconds.');
  const examples = useSettingExamples(view.projectId, form.values);
  return (
    <>
      <Stack maw={720}>
        <Group>
          <HealthBadge health={view.health} />
          <Text size="sm">
            Secret ••••{view.serverSecretEnding} · {view.partitions}{' '}
            {view.partitions === 1 ? 'partition' : 'partitions'}
            {view.lookup?.customers === true && ' · looks up new customers in RevenueCat'}
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
        <TestEvent request={testOf(form.values, view)} />
        <IntegrationForm form={form} save={save} canSave={isEditable}>
          <IntegrationFields
            form={form}
            setup={setup}
            examples={examples}
            storedKeyEnding={view.lookup?.apiKeyEnding}
            sandboxSecretEnding={view.sandboxSecretEnding}
          />
        </IntegrationForm>
      </Stack>
      <PreviewSection projectId={view.projectId} values={form.values} />
    </>
  );
}
