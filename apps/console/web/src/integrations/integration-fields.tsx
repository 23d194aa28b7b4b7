import {
  Fieldset,
  JsonInput,
  NumberInput,
  PasswordInput,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { IntegrationSetup } from '../../../api/integrations';
import type { SettingExamples } from '../../../api/setting-examples';
import { clearButton } from '../shared/clear-button';
import { ExampleOfValue } from './examples';
import { FormatField } from './format-field';
import type { IntegrationFormValues } from './integration-form-values';
import { EventNameFields } from './event-name-fields';
import { FilterFields } from './filter-fields';
import { IdentityFields } from './identity-fields';
import { LookupFields } from './lookup-fields';
import { RevenueFields } from './revenue-fields';
import { SandboxFields } from './sandbox-fields';
import { UserPropertyFields } from './user-property-fields';

const treatments = [
  { value: 'keep', label: 'Send' },
  { value: 'drop', label: 'Drop' },
  { value: 'hash', label: 'Send a hash' },
];

/** The fields of an integration except the server secret. */
export function IntegrationFields({
  form,
  setup,
  examples,
  storedKeyEnding,
  sandboxSecretEnding,
  isNew = false,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  setup: IntegrationSetup;
  examples: SettingExamples | undefined;
  /** Last characters of the stored RevenueCat API key; undefined if there is none. */
  storedKeyEnding?: string | undefined;
  /** Last characters of the stored server secret for sandbox events. */
  sandboxSecretEnding?: string | null;
  /** Then the format was chosen before. */
  isNew?: boolean;
}) {
  return (
    <Stack>
      <Fieldset legend="Events">
        <Stack>
          <SandboxFields
            form={form}
            example={examples?.includeSandbox}
            storedSecretEnding={sandboxSecretEnding}
          />
          <TagsInput
            label="Event types"
            description={
              <>
                A trailing * matches any suffix, as in PAYWALL_*
                <ExampleOfValue example={examples?.eventTypes} />
              </>
            }
            data={[...setup.eventTypes, 'PAYWALL_*', '*']}
            clearable
            clearButtonProps={clearButton('Remove all types')}
            {...form.getInputProps('eventTypes')}
          />
          <EventNameFields form={form} example={examples?.eventNames} />
        </Stack>
      </Fieldset>
      <FilterFields form={form} example={examples?.filters} />
      <Fieldset legend="Delivery">
        <Stack>
          {!isNew && <FormatField form={form} example={examples?.format} />}
          <TextInput
            label="Environment tier of sandbox events"
            description={
              <>
                A tier in Statsig other than production
                <ExampleOfValue example={examples?.includeSandbox} choice="on" />
              </>
            }
            {...form.getInputProps('sandboxTier')}
          />
          <NumberInput
            label="Maximum requests per second to Statsig"
            description="Of all dispatchers together, if Statsig limits the requests of your project. Events wait in Kafka, in order, and are not lost. Empty: no maximum."
            min={1}
            allowDecimal={false}
            {...form.getInputProps('maxRequestsPerSecond')}
          />
        </Stack>
      </Fieldset>
      <RevenueFields form={form} example={examples?.revenue} />
      <IdentityFields form={form} examples={examples} />
      <UserPropertyFields form={form} example={examples?.userProperties} />
      <LookupFields form={form} storedKeyEnding={storedKeyEnding} />
      <Fieldset legend="Privacy">
        <Stack>
          <Select
            label="Customer attributes"
            allowDeselect={false}
            data={treatments}
            {...form.getInputProps('otherAttributes')}
          />
          <Select
            label="Sensitive attributes"
            description={setup.sensitiveAttributes.join(', ')}
            allowDeselect={false}
            data={treatments}
            {...form.getInputProps('sensitiveAttributes')}
          />
          <JsonInput
            label="Attributes by name"
            description='Overrides both settings above, as in {"$email": "hash"}'
            autosize
            minRows={2}
            {...form.getInputProps('attributes')}
          />
          <PasswordInput
            label="Salt of hashes"
            description={`At least 16 characters; it is not shown again. ${form.values.isSaltLost ? 'The stored one cannot be decrypted, and is removed if this is empty.' : 'Leave empty to keep the current one.'}`}
            autoComplete="off"
            {...form.getInputProps('salt')}
          />
          <Text size="sm" c="dimmed">
            Hashes are SHA-256 with this salt.
          </Text>
        </Stack>
      </Fieldset>
    </Stack>
  );
}
