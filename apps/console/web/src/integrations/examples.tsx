import { Stack } from '@mantine/core';
import type { ComponentType, ReactNode } from 'react';
import type { ChoiceResult, SettingExample } from '../../../api/setting-examples';
import { FilterRule } from '../shared/filter-rule';
import { deliveryText, exampleEventText } from './example-text';

/** Undefined until the example is known; its lines are there before, so that the form does not move. */
type Example = SettingExample | undefined;

/** Which event the results of a setting are about. */
export function ExampleEvent({ example }: { example: Example }) {
  return <span className="example">{example && `Example: ${exampleEventText(example)}`}</span>;
}

/** What a choice makes of the event. */
function ExampleResult({ example, choice }: { example: Example; choice: string }) {
  const result = example?.choices[choice];
  return <span className="example">{result && <Result result={result} />}</span>;
}

/** A choice of a setting. */
interface ExampleOption {
  value: string;
  label: string;
  description: string;
}

/** The radio buttons or checkboxes of a setting, each with what its choice makes of the event. */
export function ExampleOptions({
  control: Control,
  options,
  example,
  disabled = false,
}: {
  control: ComponentType<{ value: string; label: string; description: ReactNode; disabled?: boolean }>;
  options: readonly ExampleOption[];
  example: Example;
  disabled?: boolean;
}) {
  return (
    <Stack gap="xs" mt={4}>
      {options.map(({ value, label, description }) => (
        <Control
          key={value}
          value={value}
          label={label}
          disabled={disabled}
          description={
            <>
              {description}
              <ExampleResult example={example} choice={value} />
            </>
          }
        />
      ))}
    </Stack>
  );
}

/** The event, and what each of the choices makes of it. */
export function ExampleResults({
  example,
  choices,
}: {
  example: Example;
  choices: readonly { value: string; label: string }[];
}) {
  return (
    <>
      <ExampleEvent example={example} />
      {choices.map(({ value, label }) => {
        const result = example?.choices[value];
        return (
          <span key={value} className="example">
            {result && (
              <>
                {label}: <Result result={result} />
              </>
            )}
          </span>
        );
      })}
    </>
  );
}

/** The event, and what the current value of a field makes of it. */
export function ExampleOfValue({ example, choice = 'set' }: { example: Example; choice?: string }) {
  const result = example?.choices[choice];
  return (
    <span className="example">
      {example && result && (
        <>
          Example: {exampleEventText(example)}: <Result result={result} />
        </>
      )}
    </span>
  );
}

function Result({ result }: { result: ChoiceResult }): ReactNode {
  switch (result.kind) {
    case 'delivery':
      return deliveryText(result);
    case 'filtered':
      return (
        <>
          not sent, filtered out by <FilterRule reason={result.reason} rule={result.rule} />
        </>
      );
    case 'dead_letter':
      return `a dead letter: ${result.detail}`;
  }
}
