import { PasswordInput, Switch } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { IntegrationFormValues } from './integration-form-values';

/** Whether sandbox events are sent, and to which Statsig project. */
export function SandboxFields({
  form,
  storedSecretEnding,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  /** Last characters of the stored secret for sandbox events; null or undefined if there is none. */
  storedSecretEnding: string | null | undefined;
}) {
  const { includeSandbox, hasSandboxSecret } = form.values;
  return (
    <>
      <Switch
        label="Send sandbox events"
        description="Enable this for test purchases. Sandbox events never count as production in Statsig."
        {...form.getInputProps('includeSandbox', { type: 'checkbox' })}
      />
      {includeSandbox && (
        <Switch
          label="Send sandbox events to another Statsig project"
          description="If its secret is rejected, sandbox events become dead letters, and production events are not affected. Turning this off and saving deletes the secret."
          {...form.getInputProps('hasSandboxSecret', { type: 'checkbox' })}
        />
      )}
      {includeSandbox && hasSandboxSecret && (
        <PasswordInput
          label="Server secret key for sandbox events"
          description={
            typeof storedSecretEnding === 'string'
              ? `Stored: ••••${storedSecretEnding}. Leave empty to keep it.`
              : 'It is stored encrypted and not shown again.'
          }
          placeholder="secret-…"
          autoComplete="off"
          {...form.getInputProps('sandboxServerSecret')}
        />
      )}
    </>
  );
}
