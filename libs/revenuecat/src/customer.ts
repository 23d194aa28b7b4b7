import { type RevenueCatEvent } from './envelope';
import { idField, idsField, isAnonymous, textField } from './fields';

/** The ids by which an event names its one customer. */
export interface CustomerIds {
  appUserId?: string;
  originalAppUserId?: string;
  aliases: string[];
}

export function customerIdsOf({ fields }: RevenueCatEvent): CustomerIds {
  const appUserId = idField(fields, 'app_user_id');
  const originalAppUserId = idField(fields, 'original_app_user_id');
  return {
    ...(appUserId !== undefined && { appUserId }),
    ...(originalAppUserId !== undefined && { originalAppUserId }),
    aliases: idsField(fields, 'aliases'),
  };
}

/** The two customers between whom something moved; each list holds ids of one customer. */
export interface Sides {
  from: string[];
  to: string[];
}

/**
 * TRANSFER names two customers, and so does PURCHASE_REDEEMED when its outcome is a transfer;
 * neither need have an `app_user_id`.
 */
export function sidesOf({ type, fields }: RevenueCatEvent): Sides | undefined {
  if (type === 'TRANSFER') {
    return { from: idsField(fields, 'transferred_from'), to: idsField(fields, 'transferred_to') };
  }
  if (type === 'PURCHASE_REDEEMED' && textField(fields, 'redemption_outcome')?.toLowerCase() === 'transfer') {
    return { from: idsField(fields, 'redeemed_from'), to: idsField(fields, 'redeemed_by') };
  }
  return undefined;
}

/** Those who redeemed a purchase of theirs or of somebody else's: whom PURCHASE_REDEEMED is about. */
export function redeemersOf({ type, fields }: RevenueCatEvent): string[] {
  return type === 'PURCHASE_REDEEMED' ? idsField(fields, 'redeemed_by') : [];
}

/** The id to call a customer by when a list offers several: the first that the app itself chose. */
export function preferredId(ids: readonly string[]): string | undefined {
  return ids.find((id) => !isAnonymous(id)) ?? ids[0];
}

/** Kafka key of a customer: whatever has it lands in one partition, in order. */
export function customerKey(projectId: string, appUserId: string): string {
  return `${projectId}:${appUserId}`;
}

/** The key under which an event enters `revenuecat.events`; an event that names nobody stands alone. */
export function customerKeyOf(projectId: string, event: RevenueCatEvent): string {
  const { originalAppUserId, appUserId } = customerIdsOf(event);
  const first = (name: string): string | undefined => idsField(event.fields, name)[0];
  return customerKey(
    projectId,
    originalAppUserId ??
      appUserId ??
      first('transferred_to') ??
      first('redeemed_by') ??
      first('aliases') ??
      event.id,
  );
}
