import { Fieldset, Radio, Stack, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { IntegrationFormValues } from './integration-form-values';

/** What the value of an event is. The examples are a purchase of 9.99 USD with a commission of 15 % and a tax of 19 %. */
export function RevenueFields({ form }: { form: UseFormReturnType<IntegrationFormValues> }) {
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
          description="RevenueCat's estimate for each transaction. A refund is negative by the same amount. If an event has no percentages, its value is gross, and its metadata contains rc_value_basis: gross_percentages_missing."
          {...form.getInputProps('revenue')}
        >
          <Stack gap="xs" mt={4}>
            <Radio
              value="gross"
              disabled={!isAvailable}
              label="Gross revenue"
              description="What the customer paid: 9.99 USD"
            />
            <Radio
              value="after_commission"
              disabled={!isAvailable}
              label="Revenue after store commission"
              description="9.99 USD less 15 % is 8.4915 USD"
            />
            <Radio
              value="after_commission_and_tax"
              disabled={!isAvailable}
              label="Revenue after store commission and taxes (proceeds)"
              description="9.99 USD less 15 % and 19 % is 6.5934 USD"
            />
          </Stack>
        </Radio.Group>
      </Stack>
    </Fieldset>
  );
}
