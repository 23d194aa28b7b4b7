import type { ChoiceResult, SettingExample } from '../../../api/setting-examples';

const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** The event of an example: `your RENEWAL of Nov 26`. */
export function exampleEventText({
  origin,
  type,
  receivedAtMs,
}: Pick<SettingExample, 'origin' | 'type' | 'receivedAtMs'>): string {
  const day = date.format(receivedAtMs);
  switch (origin) {
    case 'project':
      return `your ${type} of ${day}`;
    case 'other_project':
      return `the ${type} of ${day} of another project`;
    case 'sample':
      return `a sample ${type}, not one of your events`;
  }
}

/** What is sent of the event, as far as the setting determines it. */
export function deliveryText(delivery: Extract<ChoiceResult, { kind: 'delivery' }>): string {
  const { name, value, valueBasis, userId, customIds, tier, properties } = delivery;
  const isGrossOnly = valueBasis === 'gross_percentages_missing';
  const parts = [
    typeof name === 'string' && `sent as ${name}`,
    tier !== undefined && (tier === null ? 'sent' : `sent in the tier ${tier}`),
    // An event without a price is not an example of values.
    value !== undefined && (value === null ? "value decided by Statsig's connector" : `value ${value} USD`),
    isGrossOnly && 'gross, because the event has no percentages',
    userId !== undefined && (userId === null ? 'no userID' : `userID ${userId}`),
    customIds !== undefined && customIds !== null && `custom ids: ${listOf(customIds) ?? 'none'}`,
    properties !== undefined && properties !== null && (listOf(properties) ?? 'nothing is known'),
  ];
  return parts.filter((part) => part !== false).join(', ');
}

function listOf(values: Readonly<Record<string, unknown>>): string | undefined {
  const entries = Object.entries(values).map(
    ([name, value]) => `${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return entries.length === 0 ? undefined : entries.join(', ');
}
