import { Text, Title } from '@mantine/core';
import type { CustomerView } from '../../../api/customers';

/** Subscription, entitlements and experiments as of now. */
export function CustomerState({ state }: { state: NonNullable<CustomerView['state']> }) {
  const { subscription, entitlements, experiments } = state;
  return (
    <section aria-labelledby="state">
      <Title order={2} size="h4" id="state" mb="xs">
        User state
      </Title>
      <Text size="sm">
        {subscription === null
          ? 'No subscription is known.'
          : `Subscription: ${subscription.status}, ${subscription.productId}, ${subscription.store}`}
      </Text>
      <Text size="sm">
        Active entitlements: {entitlements.length === 0 ? 'none' : entitlements.join(', ')}
      </Text>
      {experiments.map(({ id, variant }) => (
        <Text key={id} size="sm">
          Experiment {id}: variant {variant}
        </Text>
      ))}
    </section>
  );
}
