import { Text } from '@mantine/core';
import type { Origin } from '../../../src/customers/customer-view';
import { Moment } from '../shared/moment';

/** From which event something was learned. */
export function From({ origin }: { origin: Origin | null }) {
  return (
    <Text size="xs" c="dimmed" component="span">
      {origin === null ? (
        'from an event that is no longer kept'
      ) : (
        <>
          from {origin.type}, <Moment atMs={origin.receivedAtMs} />
        </>
      )}
    </Text>
  );
}
