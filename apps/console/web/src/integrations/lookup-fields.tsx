import { Fieldset, PasswordInput, Stack, Switch, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { IntegrationFormValues } from './integration-form-values';

/** Settings for the lookup of new customers in RevenueCat. */
export function LookupFields({
  form,
  storedKeyEnding,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  /** Undefined if no key is stored. */
  storedKeyEnding: string | undefined;
}) {
  return (
    <Fieldset legend="New customers">
      <Stack>
        <Switch
          label="Look up new customers in RevenueCat"
          description="Their attributes and aliases are then known from their first event on. Turning this off and saving deletes the key."
          {...form.getInputProps('isLookupEnabled', { type: 'checkbox' })}
        />
        {form.values.isLookupEnabled && (
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
                  ? 'A key of API v2 with customer_information:customers:read. With project_configuration:integrations:read_write, the webhook can be set up from here too. It is stored encrypted and not shown again.'
                  : `Stored: ••••${storedKeyEnding}. Leave empty to keep it.`
              }
              placeholder="sk_…"
              autoComplete="off"
              {...form.getInputProps('revenueCatKey')}
            />
          </>
        )}
      </Stack>
    </Fieldset>
  );
}
