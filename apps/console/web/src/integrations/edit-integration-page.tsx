import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useParams } from 'react-router';
import type { IntegrationView } from '../../../src/integrations/integration-view';
import type { IntegrationSetup } from '../../../src/integrations/integration-setup';
import { send } from '../api/client';
import { Loaded } from '../shared/loaded';
import { PageTitle } from '../shared/page-title';
import { Problem } from '../shared/problem';
import { HealthBadge, HealthReason } from './health';
import { IntegrationActions } from './integration-actions';
import {
  type IntegrationFormValues,
  lookupProblems,
  problemOfMap,
  settingsOf,
  testOf,
  valuesOf,
  withoutSecrets,
} from './integration-form-values';
import { IntegrationFields } from './integration-fields';
import { useChange, useIntegration, useSetup } from './queries';
import { TestEvent } from './test-event';

export function EditIntegrationPage() {
  const { projectId = '' } = useParams();
  const integration = useIntegration(projectId);
  const setup = useSetup();
  return (
    <>
      <PageTitle title={`Statsig · ${projectId}`} />
      <Loaded query={integration}>
        {(view) => <Loaded query={setup}>{(data) => <EditIntegration view={view} setup={data} />}</Loaded>}
      </Loaded>
    </>
  );
}

function EditIntegration({ view, setup }: { view: IntegrationView; setup: IntegrationSetup }) {
  const isEditable = view.origin === 'console';
  const form = useForm<IntegrationFormValues>({
    initialValues: valuesOf(view),
    validate: {
      nameMap: (text) => problemOfMap(text) ?? null,
      customIds: (text) => problemOfMap(text) ?? null,
      attributes: (text) => problemOfMap(text) ?? null,
      ...lookupProblems({ hasKey: view.lookup !== null }),
    },
  });
  const save = useChange(async (values: IntegrationFormValues) => {
    await send('PUT', `integrations/${view.projectId}`, settingsOf(values));
    form.setValues(withoutSecrets);
  }, 'Saved. It takes effect within two seconds.');
  return (
    <Stack maw={720}>
      <Group>
        <HealthBadge health={view.health} />
        <Text size="sm">
          Secret ••••{view.serverSecretEnding} · {view.partitions}{' '}
          {view.partitions === 1 ? 'partition' : 'partitions'}
          {view.lookup !== null && ' · asks RevenueCat about customers never seen before'}
        </Text>
      </Group>
      <HealthReason health={view.health} />
      {isEditable ? (
        <IntegrationActions view={view} />
      ) : (
        <Alert variant="outline" title="Set where the apps are started">
          This integration comes from <code>STATSIG_SERVER_SECRET</code> and its neighbours. Change it there,
          or add one here for the same project: it takes precedence.
        </Alert>
      )}
      <TestEvent isReady draft={() => testOf(form.values, view.projectId)} />
      <form
        onSubmit={form.onSubmit((values) => {
          save.mutate(values);
        })}
      >
        <Stack>
          <IntegrationFields form={form} setup={setup} storedKeyEnding={view.lookup?.apiKeyEnding} />
          {save.isError && <Problem error={save.error} />}
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
  );
}
