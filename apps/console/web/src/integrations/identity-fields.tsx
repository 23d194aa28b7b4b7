import { Fieldset, JsonInput, Select, Stack, TagsInput, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { SettingExamples } from '../../../api/setting-examples';
import { clearButton } from '../shared/clear-button';
import { ExampleOfValue, ExampleResults } from './examples';
import type { IntegrationFormValues } from './integration-form-values';

const identities = [
  { value: 'app_user_id', label: 'the app user id of the event' },
  { value: 'best_known', label: 'the best known id: the first one set by the app' },
  { value: 'original_app_user_id', label: 'the original app user id' },
];

const treatments = [
  { value: 'send', label: 'Send with the anonymous id' },
  { value: 'skip', label: 'Do not send' },
  { value: 'custom_id_only', label: 'Send with custom ids only, without a userID' },
];

/** Which user of Statsig an event belongs to. */
export function IdentityFields({
  form,
  examples,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  examples: SettingExamples | undefined;
}) {
  const { format, userIdAttribute } = form.values;
  const hasAttribute = userIdAttribute.trim() !== '';
  return (
    <Fieldset legend="Identity">
      <Stack>
        <TextInput
          label="Attribute with the Statsig userID"
          description={
            <>
              Name of a customer attribute, if your app sets one to the userID that it gives to Statsig, such
              as statsig_user_id. An attribute that the privacy settings drop cannot be used; of a hashed one,
              the hash is the userID.
              <ExampleOfValue example={examples?.userIdAttribute} />
            </>
          }
          {...form.getInputProps('userIdAttribute')}
        />
        <Select
          label={hasAttribute ? 'Statsig userID of customers without the attribute' : 'Statsig userID'}
          description={
            <>
              A customer who signs in has the id of your app and an anonymous one, such as
              $RCAnonymousID:8069…
              <ExampleResults example={examples?.identity} choices={identities} />
            </>
          }
          allowDeselect={false}
          data={identities}
          {...form.getInputProps('identity')}
        />
        <Select
          label="Anonymous customers"
          description={
            <>
              Events whose userID would be an anonymous id. An event that is not sent has a receipt with the
              reason.
              {format !== 'log_event' && " Custom ids are available only with Statsig's events API."}
              <ExampleResults example={examples?.anonymousCustomers} choices={treatments} />
            </>
          }
          allowDeselect={false}
          data={treatments.map((treatment) => ({
            ...treatment,
            disabled: treatment.value === 'custom_id_only' && format !== 'log_event',
          }))}
          {...form.getInputProps('anonymousCustomers')}
        />
        {format === 'log_event' && (
          <JsonInput
            label="Custom ids"
            description={
              <>
                Map from Statsig id type to app_user_id, original_app_user_id, anonymous_id,
                original_transaction_id or the name of an attribute
                <ExampleOfValue example={examples?.customIds} />
              </>
            }
            autosize
            minRows={3}
            {...form.getInputProps('customIds')}
          />
        )}
        <TagsInput
          label="Blocked ids"
          description="App user ids that do not identify a customer, such as that of a shared device, in addition to RevenueCat's list. Case-insensitive."
          splitChars={[',']}
          acceptValueOnBlur
          clearable
          clearButtonProps={clearButton('Remove all blocked ids')}
          {...form.getInputProps('blockedIds')}
        />
      </Stack>
    </Fieldset>
  );
}
