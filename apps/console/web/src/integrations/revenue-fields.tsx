import { Fieldset, Radio, Stack, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { SettingExample } from '../../../api/setting-examples';
import { ExampleEvent, ExampleOptions } from './examples';
import type { IntegrationFormValues } from './integration-form-values';

const modes = [
  { value: 'gross', label: 'Gross revenue', description: 'What the customer paid' },
  {
    value: 'after_commission',
    label: 'Revenue after store commission',
    description: 'What the customer paid, less the commission of the store',
  },
  {
    value: 'after_commission_and_tax',
    label: 'Revenue after store commission and taxes (proceeds)',
    description: 'What the customer paid, less commission and taxes',
  },
];

/** What the value of an event is. */
export function RevenueFields({
  form,
  example,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  example: SettingExample | undefined;
}) {
  const isAvailable = form.values.format === 'log_event';
  return (
    <Fieldset legend="Revenue">
      <Stack>
        {!isAvailable && (
          <Text size="sm">
            In the format of RevenueCat's webhook, Statsig's connector derives the value from the event, by
            rules that Statsig does not publish. Choose Statsig's events API to report revenue after
            commission.
          </Text>
        )}
        <Radio.Group
          label="Value of an event"
          description={
            <>
              RevenueCat's estimate for each transaction. A refund is negative by the same amount. If an event
              has no percentages, its value is gross, and its metadata contains rc_value_basis:
              gross_percentages_missing.
              <ExampleEvent example={example} />
            </>
          }
          {...form.getInputProps('revenue')}
        >
          <ExampleOptions control={Radio} options={modes} example={example} disabled={!isAvailable} />
        </Radio.Group>
      </Stack>
    </Fieldset>
  );
}
