import { Fieldset, PasswordInput, Stack, Switch, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { IntegrationFormValues } from './integration-form-values';

/** Whether RevenueCat is asked about customers never seen before, and with which key. */
export function LookupFields({
  form,
  storedKeyEnding,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  /** Undefined: no key is kept. */
  storedKeyEnding: string | undefined;
}) {
  return (
    <Fieldset legend="Customers never seen before">
      <Stack>
        <Switch
          label="Ask RevenueCat about them"
          description="Their attributes and aliases are then known from their first event on. Switched off, the key is deleted when you save."
          {...form.getInputProps('asksRevenueCat', { type: 'checkbox' })}
        />
        {form.values.asksRevenueCat && (
          <>
            <TextInput
              label="RevenueCat project id"
              description="As in the address of its dashboard"
              {...form.getInputProps('revenueCatProjectId')}
            />
            <PasswordInput
              label="RevenueCat secret API key"
              description={
                storedKeyEnding === undefined
                  ? 'Of API v2, allowed to read customers. It is kept sealed and never shown again.'
                  : `Kept: ••••${storedKeyEnding}. Left empty, it stays as it is.`
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
