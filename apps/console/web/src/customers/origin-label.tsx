import { Text } from '@mantine/core';
import type { Origin } from '../../../api/customers';
import { Moment } from '../shared/moment';

/** Links to the event that a value came from. */
export function OriginLabel({ origin }: { origin: Origin | null }) {
  return (
    <Text size="xs" c="dimmed" component="span">
      {origin === null ? (
        'from an event that is no longer stored'
      ) : (
        <>
          from {origin.type}, <Moment atMs={origin.receivedAtMs} />
        </>
      )}
    </Text>
  );
}
