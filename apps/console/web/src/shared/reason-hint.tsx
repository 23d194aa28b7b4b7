import { Text } from '@mantine/core';
import type { DeadLetterGroup } from '../../../api/dead-letters';

/** The meaning of a reason, and what to do. */
export function ReasonHint({ explanation }: { explanation: DeadLetterGroup['explanation'] }) {
  if (explanation === null) return null;
  return (
    <Text size="sm">
      {explanation.meaning} <b>What to do:</b> {explanation.remedy}
    </Text>
  );
}
