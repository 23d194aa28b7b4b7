import { Alert, Button, Group, NumberInput, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { Link } from 'react-router';
import type { AddedIntegration, IntegrationSetup } from '../../../api/integrations';
import { send } from '../api/client';
import { QueryResult } from '../shared/query-result';
import { PageTitle } from '../shared/page-title';
import {
  blankValues,
  type IntegrationFormValues,
  lookupProblems,
  sandboxProblems,
  settingProblems,
  settingsOf,
  testOf,
} from './integration-form-values';
import { FormatField } from './format-field';
import { IntegrationFields } from './integration-fields';
import { IntegrationForm } from './integration-form';
import { PreviewSection } from '../preview/preview-section';
import { useSettingExamples } from '../preview/queries';
import { useChange, useIntegration, useSetup } from './queries';
import { RevenueCatWebhooks } from './revenuecat-webhooks';
import { TestEvent } from './test-event';
import { WebhookCard } from './webhook-card';

export function NewIntegrationPage() {
  const setup = useSetup();
  const [added, setAdded] = useState<AddedIntegration>();
  if (added !== undefined) return <IntegrationAdded integration={added} />;
  return (
    <>
      <PageTitle title="Add integration" />
      <QueryResult query={setup}>
        {(data) => <NewIntegrationForm setup={data} onAdded={setAdded} />}
      </QueryResult>
    </>
  );
}

/** The webhook endpoint of a new integration, with the Authorization value, which is shown once. */
function IntegrationAdded({
  integration: { projectId, webhook, authorization },
}: {
  integration: AddedIntegration;
}) {
  const { data: now } = useIntegration(projectId);
  return (
    <>
      <PageTitle title={`Statsig · ${projectId}`} />
      <Stack maw={720} align="stretch">
        <WebhookCard
          projectId={projectId}
          webhook={now?.webhook ?? webhook}
          created={authorization ?? undefined}
        />
        <RevenueCatWebhooks projectId={projectId} />
        <Group>
          <Button component={Link} to={`/integrations/${projectId}`}>
            Done
          </Button>
        </Group>
      </Stack>
    </>
  );
}

function NewIntegrationForm({
  setup,
  onAdded,
}: {
  setup: IntegrationSetup;
  onAdded: (integration: AddedIntegration) => void;
}) {
  const form = useForm<IntegrationFormValues>({
    initialValues: blankValues(setup),
    validateInputOnBlur: true,
    validate: {
      projectId: (id) => (/^[A-Za-z0-9_-]{1,64}$/.test(id) ? null : 'Letters, digits, "_" and "-" only'),
      serverSecret: (secret) => (secret.trim() === '' ? 'Paste the server secret key' : null),
      partitions: (count) => (typeof count === 'number' ? null : 'Must be an integer from 1 to 1,000'),
      ...settingProblems,
      ...lookupProblems({ hasKey: false }),
      ...sandboxProblems(),
    },
  });
  const add = useChange(async (values: IntegrationFormValues) => {
    const { projectId, serverSecret, partitions } = values;
    const added = await send<AddedIntegration>('POST', 'integrations', {
      projectId,
      serverSecret,
      // Sent only if changed, so that an integration that is added again keeps the partitions of its topic.
      ...(partitions !== setup.defaultPartitions && { partitions }),
      ...settingsOf(values),
    });
    onAdded(added);
  }, 'Integration added. It takes effect within two seconds.');
  const examples = useSettingExamples(form.values.projectId, form.values);
  return (
    <>
      <IntegrationForm
        form={form}
        save={add}
        submitLabel="Add"
        canSave={setup.canSave}
        cancel={
          <Button variant="default" component={Link} to="/integrations">
            Cancel
          </Button>
        }
      >
        {!setup.canSave && (
          <Alert variant="outline" color="orange" title="Integrations cannot be stored yet">
            Set <code>SETTINGS_ENCRYPTION_KEY</code> to the same value for every app, so that secrets can be
            encrypted.
          </Alert>
        )}
        <PasswordInput
          label="Statsig server secret key"
          description="Statsig → Settings → Keys & environments → Server secret keys. It is stored encrypted and not shown again."
          placeholder="secret-…"
          required
          autoComplete="off"
          {...form.getInputProps('serverSecret')}
        />
        <TextInput
          label="Project"
          description={`Each project has its own webhook URL. Events without a project belong to "${setup.defaultProjectId}".`}
          required
          {...form.getInputProps('projectId')}
        />
        <NumberInput
          label="Partitions"
          description="Maximum number of dispatchers that share the events of this project. It cannot be changed later, because it determines the partition of each customer."
          min={1}
          max={1_000}
          allowDecimal={false}
          {...form.getInputProps('partitions')}
        />
        <FormatField form={form} example={examples?.format} isNew />
        <IntegrationFields form={form} setup={setup} examples={examples} isNew />
        <TestEvent request={testOf(form.values)} />
      </IntegrationForm>
      <PreviewSection projectId={form.values.projectId} values={form.values} />
    </>
  );
}
