import {
  Fieldset,
  JsonInput,
  PasswordInput,
  Radio,
  Select,
  Stack,
  Switch,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { IntegrationSetup } from '../../../src/integrations/integration-setup';
import { clearButton } from '../shared/clear-button';
import type { IntegrationFormValues } from './integration-form-values';
import { LookupFields } from './lookup-fields';

const treatments = [
  { value: 'keep', label: 'Send' },
  { value: 'drop', label: 'Leave out' },
  { value: 'hash', label: 'Send as a hash' },
];

/** What is chosen of an integration, but for the server secret. */
export function IntegrationFields({
  form,
  setup,
  storedKeyEnding,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  setup: IntegrationSetup;
  /** Of RevenueCat’s API key; undefined: none is kept. */
  storedKeyEnding?: string | undefined;
}) {
  const { naming, format } = form.values;
  return (
    <Stack>
      <Fieldset legend="Events">
        <Stack>
          <Switch
            label="Send sandbox events"
            description="Turn this on for a test purchase. Sandbox events never count as production in Statsig."
            {...form.getInputProps('includeSandbox', { type: 'checkbox' })}
          />
          <TagsInput
            label="Event types"
            description="A trailing * stands for any ending, such as PAYWALL_*"
            data={[...setup.eventTypes, 'PAYWALL_*', '*']}
            clearable
            clearButtonProps={clearButton('Remove all types')}
            {...form.getInputProps('eventTypes')}
          />
          <Radio.Group label="Event names in Statsig" {...form.getInputProps('naming')}>
            <Stack gap="xs" mt={4}>
              <Radio value="received" label="RevenueCat’s types as they are (INITIAL_PURCHASE)" />
              <Radio
                value="rc"
                label="As RevenueCat’s own integration names them (rc_initial_purchase_event)"
              />
              <Radio value="map" label="Names of your own" />
            </Stack>
          </Radio.Group>
          {naming === 'map' && (
            <JsonInput
              label="Names by type"
              description='Types that are not named keep their own, as in {"RENEWAL": "subscription_renewed"}'
              autosize
              minRows={3}
              {...form.getInputProps('nameMap')}
            />
          )}
        </Stack>
      </Fieldset>
      <Fieldset legend="Delivery">
        <Stack>
          <Radio.Group label="Format" {...form.getInputProps('format')}>
            <Stack gap="xs" mt={4}>
              <Radio value="revenuecat" label="RevenueCat webhook: the whole event, one a request" />
              <Radio value="log_event" label="Statsig events API: many a request, with value and metadata" />
            </Stack>
          </Radio.Group>
          <TextInput
            label="Environment tier of sandbox events"
            description="As it is called in Statsig; never production"
            {...form.getInputProps('sandboxTier')}
          />
        </Stack>
      </Fieldset>
      <Fieldset legend="Identity">
        <Stack>
          <Select
            label="Statsig’s userID is"
            allowDeselect={false}
            data={[
              { value: 'app_user_id', label: 'the app user id of the event' },
              { value: 'best_known', label: 'the best id known: the first that the app itself chose' },
              { value: 'original_app_user_id', label: 'the original app user id' },
            ]}
            {...form.getInputProps('identity')}
          />
          {format === 'log_event' && (
            <JsonInput
              label="Custom ids"
              description="From Statsig id type to app_user_id, original_app_user_id, anonymous_id or the name of an attribute"
              autosize
              minRows={3}
              {...form.getInputProps('customIds')}
            />
          )}
          <TagsInput
            label="Blocked ids"
            description="App user ids that identify no customer, such as that of a shared device, beside RevenueCat’s own list. Upper and lower case do not matter."
            splitChars={[',']}
            acceptValueOnBlur
            clearable
            clearButtonProps={clearButton('Remove all blocked ids')}
            {...form.getInputProps('blockedIds')}
          />
        </Stack>
      </Fieldset>
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
            description='Overrides the two above, as in {"$email": "hash"}'
            autosize
            minRows={2}
            {...form.getInputProps('attributes')}
          />
          <PasswordInput
            label="Salt of hashes"
            description="16 characters or more; never shown again. Left empty, it stays as it is."
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
