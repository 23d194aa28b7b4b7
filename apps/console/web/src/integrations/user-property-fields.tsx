import { Checkbox, Fieldset, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { SettingExample } from '../../../api/setting-examples';
import { ExampleEvent, ExampleOptions } from './examples';
import type { IntegrationFormValues } from './integration-form-values';

const properties = [
  {
    value: 'status',
    label: 'Subscription status',
    description: 'rc_subscription_status: active, trial, cancelled, grace_period, expired, …',
  },
  {
    value: 'entitlements',
    label: 'Active entitlements',
    description: 'rc_active_entitlements, as in ["plus", "pro"]',
  },
  { value: 'product', label: 'Product', description: 'rc_product_id of the subscription' },
  { value: 'store', label: 'Store', description: 'rc_store of the subscription, as in APP_STORE' },
  {
    value: 'experiments',
    label: 'RevenueCat experiments',
    description: 'rc_experiment_<id>, with the variant as its value',
  },
];

/** Which facts about the customer's purchases become properties of Statsig's user. */
export function UserPropertyFields({
  form,
  example,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  example: SettingExample | undefined;
}) {
  return (
    <Fieldset legend="User properties">
      {form.values.format === 'log_event' ? (
        <Checkbox.Group
          label="From purchases and experiments"
          description={
            <>
              As of the time of each event. They are collected from now on: before the first event of a
              subscription, nothing is known of it.
              <ExampleEvent example={example} />
            </>
          }
          {...form.getInputProps('userProperties')}
        >
          <ExampleOptions control={Checkbox} options={properties} example={example} />
        </Checkbox.Group>
      ) : (
        <Text size="sm">
          The subscription status and other properties can be sent with the Statsig events API only. Statsig
          does not publish how its RevenueCat integration reads further fields of the user.
        </Text>
      )}
    </Fieldset>
  );
}
