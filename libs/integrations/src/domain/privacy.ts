import { createHash } from 'node:crypto';
import { z } from 'zod';

/** What becomes of a customer attribute on its way to Statsig. */
export const attributeTreatment = z.enum(['keep', 'drop', 'hash']);
export type AttributeTreatment = z.output<typeof attributeTreatment>;

/**
 * Left out unless allowed by name: they identify a device or a person and measure nothing.
 * RevenueCat's own integration sends them all.
 */
export const droppedByDefault: readonly string[] = [
  '$ip', '$phoneNumber', '$apnsTokens', '$fcmTokens',
  '$idfa', '$idfv', '$gpsAdId', '$androidId', '$amazonAdId',
  '$airbridgeDeviceId', '$amplitudeDeviceId', '$kochavaDeviceId', '$adjustId', '$fbAnonId', '$firebaseAppInstanceId',
]; // prettier-ignore

export const privacySchema = z
  .object({
    /** By attribute name; names that are not here follow `otherAttributes`, or are dropped by default. */
    attributes: z.record(z.string(), attributeTreatment).default({}),
    otherAttributes: attributeTreatment.default('keep'),
    /** Mixed into hashes, so that nobody can look them up in a table of likely values. */
    salt: z.string().min(16).optional(),
  })
  .refine(
    ({ attributes, otherAttributes, salt }) =>
      salt !== undefined || ![...Object.values(attributes), otherAttributes].includes('hash'),
    { path: ['salt'], message: 'Attributes can be hashed only with a salt of at least 16 characters.' },
  );

export type Privacy = z.output<typeof privacySchema>;

/** The value to send, or undefined to leave the attribute out. */
export function treatAttribute(privacy: Privacy, name: string, value: string): string | undefined {
  switch (treatmentOf(privacy, name)) {
    case 'keep':
      return value;
    case 'drop':
      return undefined;
    case 'hash':
      return createHash('sha256')
        .update(`${privacy.salt ?? ''}\0${value}`)
        .digest('hex');
  }
}

function treatmentOf({ attributes, otherAttributes }: Privacy, name: string): AttributeTreatment {
  if (Object.hasOwn(attributes, name)) return attributes[name] ?? 'drop';
  return droppedByDefault.includes(name) ? 'drop' : otherAttributes;
}
