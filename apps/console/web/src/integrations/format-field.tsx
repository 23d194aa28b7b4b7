import { Radio } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { SettingExample } from '../../../api/setting-examples';
import { ExampleEvent, ExampleOptions } from './examples';
import type { IntegrationFormValues } from './integration-form-values';

const formats = [
  {
    value: 'log_event',
    label: 'Statsig events API (log_event)',
    description:
      "Recommended for a new set-up, with the names of RevenueCat's integration (rc_…). Statsig documents this API. You choose value, ids and tiers, and nothing has to be enabled in Statsig.",
  },
  {
    value: 'revenuecat',
    label: "Statsig's RevenueCat connector (revenuecat)",
    description:
      'If the connector is switched on in Statsig already, so that its metrics continue. It exists in Statsig Cloud only. Statsig does not publish its address and responses, nor how it derives names and values: this app assumes them.',
  },
];

/** The format of what is sent. A new integration has none until one is chosen. */
export function FormatField({
  form,
  example,
  isNew = false,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  example: SettingExample | undefined;
  /** Then the recommended event names of the chosen format are chosen too. */
  isNew?: boolean;
}) {
  return (
    <Radio.Group
      label="Format"
      description={
        <>
          How events reach Statsig. Changing it later changes names and metrics in Statsig.
          <ExampleEvent example={example} />
        </>
      }
      withAsterisk
      {...form.getInputProps('format')}
      onChange={(format: string) => {
        if (format !== 'log_event' && format !== 'revenuecat') return;
        form.setFieldValue('format', format);
        if (isNew) form.setFieldValue('naming', format === 'log_event' ? 'rc' : 'received');
      }}
    >
      <ExampleOptions control={Radio} options={formats} example={example} />
    </Radio.Group>
  );
}
