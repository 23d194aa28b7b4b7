import { Badge } from '@mantine/core';

const looks: Record<string, { label: string; color: string }> = {
  waiting: { label: 'Waiting', color: 'gray' },
  delivered: { label: 'Delivered', color: 'green' },
  duplicate: { label: 'Duplicate', color: 'teal' },
  filtered: { label: 'Filtered', color: 'blue' },
  retrying: { label: 'Retrying', color: 'orange' },
  dead_lettered: { label: 'Dead letter', color: 'red' },
};

/** The colour repeats what the label says. */
export function OutcomeBadge({ outcome }: { outcome: string }) {
  const { label, color } = looks[outcome] ?? { label: outcome, color: 'gray' };
  return (
    <Badge variant="dot" color={color} tt="none" style={{ flexShrink: 0 }}>
      {label}
    </Badge>
  );
}
