import { Stack, Text, Title } from '@mantine/core';
import type { DeliveryView, EventDetail } from '../../../api/events';
import { identityWords } from '../../../api/preview-words';
import { DiffView } from '../shared/diff-view';
import { JsonView } from '../shared/json-view';

/** Shows for each delivery what enrichment added, and the whole request body. */
export function SentDeliveries({ event }: { event: EventDetail }) {
  if (event.deliveries.length === 0) {
    return <Text size="sm">This event produced no delivery.</Text>;
  }
  return (
    <Stack>
      {event.deliveries.map((delivery) => (
        <Delivery key={delivery.deliveryId} delivery={delivery} received={event.received} />
      ))}
    </Stack>
  );
}

function Delivery({ delivery, received }: { delivery: DeliveryView; received: string | null }) {
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        Added to the event
      </Title>
      {delivery.format === 'revenuecat' && received !== null ? (
        <DiffView label="Differences" before={received} after={delivery.body} />
      ) : (
        <Text size="sm">Statsig's events API has a different format; the whole event is below.</Text>
      )}
      <Title order={3} size="h5">
        Sent to Statsig
      </Title>
      {delivery.identity !== null && (
        <Text size="sm">User in Statsig: {identityWords[delivery.identity]}</Text>
      )}
      <JsonView label="sent event" text={delivery.body} />
    </Stack>
  );
}
