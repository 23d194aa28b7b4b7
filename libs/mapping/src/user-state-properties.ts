import { type Profile, userStateOf } from '@app/identity';
import { type UserProperty } from '@app/integrations';
import { type Environment } from '@app/revenuecat';

/** The selected properties of Statsig's user that are known of the customer at the time of an event, by name. */
export function userStateProperties(
  selected: readonly UserProperty[],
  { state }: Profile,
  atMs: number,
  environment: Environment,
): Map<string, string | string[]> {
  const properties = new Map<string, string | string[]>();
  if (selected.length === 0 || state === undefined) return properties;
  const { subscription, entitlements, experiments } = userStateOf(state, atMs, environment);
  const set = (property: UserProperty, name: string, value: string | string[] | undefined): void => {
    if (value !== undefined && value !== '' && selected.includes(property)) properties.set(name, value);
  };
  set('status', 'rc_subscription_status', subscription?.status);
  set('entitlements', 'rc_active_entitlements', entitlements);
  set('product', 'rc_product_id', subscription?.productId);
  set('store', 'rc_store', subscription?.store);
  for (const [id, variant] of experiments) set('experiments', `rc_experiment_${id}`, variant);
  return properties;
}
