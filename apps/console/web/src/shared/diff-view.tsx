import { Text } from '@mantine/core';
import { diffLines } from 'diff';
import { formatJson } from './json-view';

const marks = { added: '+', removed: '−', same: ' ' } as const;

/** Shows the differences between two JSON texts, line by line. */
export function DiffView({ label, before, after }: { label: string; before: string; after: string }) {
  const lines = diffLines(sorted(before), sorted(after)).flatMap(({ value, added, removed }) =>
    value
      .replace(/\n$/, '')
      .split('\n')
      .map((text) => ({ text, kind: added ? 'added' : removed ? 'removed' : 'same' }) as const),
  );
  const changed = lines.filter(({ kind }) => kind !== 'same').length;
  if (changed === 0) return <Text size="sm">Nothing: the event is sent as received.</Text>;
  return (
    <div className="diff" tabIndex={0} role="region" aria-label={label}>
      {lines.map(({ text, kind }, i) => (
        <div key={i} className={`diff-${kind}`}>
          {marks[kind]} {text}
        </div>
      ))}
    </div>
  );
}

/** Sorts members by name, so that a different order is not a difference. */
function sorted(text: string): string {
  try {
    return formatJson(JSON.stringify(sortedValue(JSON.parse(text))));
  } catch {
    return text;
  }
}

function sortedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedValue);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, sortedValue(member)]));
}
