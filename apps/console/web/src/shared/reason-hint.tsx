import { Text } from '@mantine/core';
import type { DeadLetterGroup } from '../../../src/dead-letters/dead-letter-view';

/** What a reason means, and what to do about it. */
export function ReasonHint({ explanation }: { explanation: DeadLetterGroup['explanation'] }) {
  if (explanation === null) return null;
  return (
    <Text size="sm">
      {explanation.meaning} <b>What to do:</b> {explanation.remedy}
    </Text>
  );
}
