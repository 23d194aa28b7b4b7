import { JsonInput, Radio } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { SettingExample } from '../../../api/setting-examples';
import { ExampleEvent, ExampleOptions } from './examples';
import type { IntegrationFormValues } from './integration-form-values';

const presets = [
  {
    value: 'received',
    label: "RevenueCat's types",
    description: 'The start of a trial is INITIAL_PURCHASE, and a refund is CANCELLATION.',
  },
  {
    value: 'rc',
    label: "Names of RevenueCat's integration",
    description: 'Recommended for a new set-up',
  },
  {
    value: 'lifecycle',
    label: 'Lifecycle names',
    description:
      'The same names, divided by what happened: trials, conversions, introductory offers, refunds and expirations have their own.',
  },
  { value: 'map', label: 'Custom names', description: "By RevenueCat's type" },
];

/** How events are named in Statsig. */
export function EventNameFields({
  form,
  example,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  example: SettingExample | undefined;
}) {
  const isMap = form.values.naming === 'map';
  return (
    <>
      <Radio.Group
        label="Event names in Statsig"
        description={
          <>
            Metrics in Statsig select events by name: changing names starts new metrics.
            <ExampleEvent example={example} />
          </>
        }
        {...form.getInputProps('naming')}
      >
        <ExampleOptions control={Radio} options={presets} example={example} />
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
