import { Alert, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import type { IntegrationSetup, UnreadableIntegration } from '../../../api/integrations';
import { send } from '../api/client';
import { useSettingExamples } from '../preview/queries';
import { RemoveIntegration } from './integration-actions';
import { IntegrationFields } from './integration-fields';
import { IntegrationForm } from './integration-form';
import {
  blankValues,
  type IntegrationFormValues,
  lookupProblems,
  sandboxProblems,
  settingProblems,
  settingsOf,
  valuesOf,
} from './integration-form-values';
import { useChange } from './queries';
import { WebhookCard } from './webhook-card';

/** Form for an integration whose secrets cannot be decrypted: shows its readable settings and asks for all secrets. */
export function ReenterIntegration({
  view,
  setup,
}: {
  view: UnreadableIntegration;
  setup: IntegrationSetup;
}) {
  const { projectId, settings, health, webhook } = view;
  const [version] = useState(view.version);
  const form = useForm<IntegrationFormValues>({
    initialValues:
      settings === null
        ? { ...blankValues(setup), projectId, isSaltLost: true }
        : { ...valuesOf(settings), isSaltLost: settings.privacy.hasSalt },
    validate: {
      serverSecret: (secret) => (secret.trim() === '' ? 'Paste the server secret key' : null),
      ...settingProblems,
      ...lookupProblems({ hasKey: false }),
      ...sandboxProblems(),
    },
  });
  const save = useChange(async (values: IntegrationFormValues) => {
    const { serverSecret } = values;
    await send('PUT', `integrations/${projectId}`, { ...settingsOf(values), serverSecret, version });
  }, 'Saved. It takes effect within two seconds.');
  const examples = useSettingExamples(projectId, form.values);
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
      <IntegrationForm form={form} save={save}>
        <PasswordInput
          label="Statsig server secret key"
          placeholder="secret-…"
          required
          autoComplete="off"
          {...form.getInputProps('serverSecret')}
        />
        <IntegrationFields form={form} setup={setup} examples={examples} />
      </IntegrationForm>
    </Stack>
  );
}
