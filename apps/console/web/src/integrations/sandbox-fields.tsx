import { PasswordInput, Switch } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { SettingExample } from '../../../api/setting-examples';
import { exampleEventText } from './example-text';
import { ExampleResults } from './examples';
import type { IntegrationFormValues } from './integration-form-values';

const sending = [
  { value: 'on', label: 'On' },
  { value: 'off', label: 'Off' },
];

/** Whether sandbox events are sent, and to which Statsig project. */
export function SandboxFields({
  form,
  example,
  storedSecretEnding,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  example: SettingExample | undefined;
  /** Last characters of the stored secret for sandbox events; null or undefined if there is none. */
  storedSecretEnding: string | null | undefined;
}) {
  const { includeSandbox, hasSandboxSecret } = form.values;
  const secret = hasSandboxSecret
    ? 'server secret key for sandbox events'
    : 'server secret key of production events';
  return (
    <>
      <Switch
        label="Send sandbox events"
        description={
          <>
            Enable this for test purchases. Sandbox events never count as production in Statsig.
            <ExampleResults example={example} choices={sending} />
          </>
        }
        {...form.getInputProps('includeSandbox', { type: 'checkbox' })}
      />
      {includeSandbox && (
        <Switch
          label="Send sandbox events to another Statsig project"
          description={
            <>
              If its secret is rejected, sandbox events become dead letters, and production events are not
              affected. Turning this off and saving deletes the secret.
              <span className="example">
                {example && `Example: ${exampleEventText(example)}: sent with the ${secret}`}
              </span>
            </>
          }
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
