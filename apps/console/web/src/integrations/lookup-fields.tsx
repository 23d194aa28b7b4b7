import { Fieldset, PasswordInput, Stack, Switch, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { IntegrationFormValues } from './integration-form-values';

/** Access to the API of RevenueCat, and what it is used for. */
export function LookupFields({
  form,
  storedKeyEnding,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  /** Undefined if no key is stored. */
  storedKeyEnding: string | undefined;
}) {
  return (
    <Fieldset legend="RevenueCat">
      <Stack>
        <Switch
          label="Use the API of RevenueCat"
          description="To set up the webhook from here, and to look up new customers. Turning this off and saving deletes the key."
          {...form.getInputProps('hasRevenueCatKey', { type: 'checkbox' })}
        />
        {form.values.hasRevenueCatKey && (
          <>
            <TextInput
              label="RevenueCat project id"
              description="From the URL of its dashboard"
              {...form.getInputProps('revenueCatProjectId')}
            />
            <PasswordInput
              label="RevenueCat secret API key"
              description={
                storedKeyEnding === undefined
                  ? 'A key of API v2. The webhook needs project_configuration:integrations:read_write, and lookups need customer_information:customers:read. It is stored encrypted and not shown again.'
                  : `Stored: ••••${storedKeyEnding}. Leave empty to keep it.`
              }
              placeholder="sk_…"
              autoComplete="off"
              {...form.getInputProps('revenueCatKey')}
            />
            <Switch
              label="Look up new customers in RevenueCat"
              description="Their attributes and aliases are then known from their first event on. Turn this off if the key is only for the webhook."
              {...form.getInputProps('looksUpCustomers', { type: 'checkbox' })}
            />
          </>
        )}
      </Stack>
    </Fieldset>
  );
}
