import { Fieldset, Group, MultiSelect, NumberInput, Stack, TagsInput, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useState } from 'react';
import type { SettingExample } from '../../../api/setting-examples';
import { clearButton } from '../shared/clear-button';
import { ExampleOfValue } from './examples';
import { blankFilters } from './filter-values';
import type { IntegrationFormValues } from './integration-form-values';

const stores = [
  'APP_STORE', 'MAC_APP_STORE', 'PLAY_STORE', 'AMAZON', 'STRIPE', 'RC_BILLING', 'PADDLE', 'ROKU', 'PROMOTIONAL', 'TEST_STORE',
]; // prettier-ignore

const lists = [
  { field: 'apps', label: 'Apps', description: "RevenueCat's app ids, as in app1ab2c3d4", data: [] },
  { field: 'stores', label: 'Stores', description: 'As in APP_STORE', data: stores },
  {
    field: 'products',
    label: 'Products',
    description: 'A * matches any text, as in com.example.lifetime* or *:yearly',
    data: [],
  },
  { field: 'countries', label: 'Countries', description: 'Two-letter codes, as in US', data: [] },
] as const;

/** Which events of the selected types are filtered out. */
export function FilterFields({
  form,
  example,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  example: SettingExample | undefined;
}) {
  const [isUsed] = useState(() => JSON.stringify(form.values.filters) !== JSON.stringify(blankFilters));
  return (
    <Fieldset legend="Filters">
      <details open={isUsed}>
        <summary>Filter events out by app, store, product, country, environment or price</summary>
        <Stack mt="sm">
          <Text size="sm">
            An event is sent if it matches an entry of every <em>Only</em> list that has entries, and no entry
            of a <em>Without</em> list. An event without the value matches no entry. An <em>Only</em> list of
            products does not apply to events about a customer, such as a transfer.
            <ExampleOfValue example={example} />
          </Text>
          {lists.map(({ field, label, description, data }) => (
            <Group key={field} grow align="flex-start">
              {(['include', 'exclude'] as const).map((side) => (
                <TagsInput
                  key={side}
                  label={`${label}: ${words[side]}`}
                  description={description}
                  data={[...data]}
                  splitChars={[',']}
                  acceptValueOnBlur
                  clearable
                  clearButtonProps={clearButton(`Remove all of ${label}: ${words[side]}`)}
                  {...form.getInputProps(`filters.${field}.${side}`)}
                />
              ))}
            </Group>
          ))}
          <Group grow align="flex-start">
            {(['include', 'exclude'] as const).map((side) => (
              <MultiSelect
                key={side}
                label={`Environments: ${words[side]}`}
                description="Sandbox events need “Send sandbox events” too"
                data={['PRODUCTION', 'SANDBOX']}
                {...form.getInputProps(`filters.environments.${side}`)}
              />
            ))}
          </Group>
          {(['include', 'exclude'] as const).map((side) => (
            <Group key={side} grow align="flex-start">
              {(['min', 'max'] as const).map((end) => (
                <NumberInput
                  key={end}
                  label={`Price in USD: ${words[side]} ${end === 'min' ? 'from' : 'up to'}`}
                  description={end === 'min' ? 'A refund is treated as its purchase is' : 'Empty: no limit'}
                  min={0}
                  decimalScale={2}
                  {...form.getInputProps(`filters.prices.${side}.${end}`)}
                />
              ))}
            </Group>
          ))}
        </Stack>
      </details>
    </Fieldset>
  );
}

const words = { include: 'only', exclude: 'without' };
