import { JsonInput, Radio, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { IntegrationFormValues } from './integration-form-values';

/** How events are named in Statsig. */
export function EventNameFields({ form }: { form: UseFormReturnType<IntegrationFormValues> }) {
  const isMap = form.values.naming === 'map';
  return (
    <>
      <Radio.Group
        label="Event names in Statsig"
        description="Metrics in Statsig select events by name: changing names starts new metrics."
        {...form.getInputProps('naming')}
      >
        <Stack gap="xs" mt={4}>
          <Radio
            value="received"
            label="RevenueCat's types"
            description="The start of a trial is INITIAL_PURCHASE, and a refund is CANCELLATION"
          />
          <Radio
            value="rc"
            label="Names of RevenueCat's integration"
            description="Recommended for a new set-up. Both examples: rc_initial_purchase_event, rc_cancellation_event"
          />
          <Radio
            value="lifecycle"
            label="Lifecycle names"
            description="The same names, divided by what happened: rc_trial_started_event, rc_refund_event, rc_trial_converted_event, rc_expiration_billing_error_event …"
          />
          <Radio value="map" label="Custom names" description="By RevenueCat's type" />
        </Stack>
      </Radio.Group>
      <JsonInput
        label={isMap ? 'Names by type' : 'Renamed events'}
        description={
          isMap
            ? 'As in {"RENEWAL": "subscription_renewed"}; other types keep their names'
            : 'Names of the selection above to replace, as in {"rc_trial_converted_event": "trial_paid"}; the others stay'
        }
        autosize
        minRows={isMap ? 3 : 1}
        {...form.getInputProps('nameMap')}
      />
    </>
  );
}
