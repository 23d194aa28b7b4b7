import { createHash } from 'node:crypto';
import { z } from 'zod';
import { secretField } from './secret-field';

/** Whether a customer attribute is sent to Statsig unchanged, dropped or hashed. */
export const attributeTreatment = z.enum(['keep', 'drop', 'hash']);
export type AttributeTreatment = z.output<typeof attributeTreatment>;

/**
 * Attributes that are dropped by default, because they identify a device or a person and have no analytical value.
 * RevenueCat's own integration sends them all.
 */
export const sensitiveAttributes: readonly string[] = [
  '$ip', '$phoneNumber', '$apnsTokens', '$fcmTokens',
  '$idfa', '$idfv', '$gpsAdId', '$androidId', '$amazonAdId',
  '$airbridgeDeviceId', '$amplitudeDeviceId', '$kochavaDeviceId', '$adjustId', '$fbAnonId', '$firebaseAppInstanceId',
]; // prettier-ignore

export const privacySchema = z
  .object({
    /**
     * By attribute name. Sensitive attributes that are not listed follow `sensitiveAttributes`, others
     * `otherAttributes`.
     */
    attributes: z.record(z.string(), attributeTreatment).default({}),
    sensitiveAttributes: attributeTreatment.default('drop'),
    otherAttributes: attributeTreatment.default('keep'),
    /** Salt for hashes, so that they cannot be looked up in a table of likely values. */
    salt: z.string().min(16).register(secretField, {}).optional(),
  })
  .refine(
    ({ attributes, sensitiveAttributes: sensitive, otherAttributes, salt }) =>
      salt !== undefined || ![...Object.values(attributes), sensitive, otherAttributes].includes('hash'),
    { path: ['salt'], message: 'Attributes can be hashed only with a salt of at least 16 characters.' },
  );

export type Privacy = z.output<typeof privacySchema>;

/** The value to send, or undefined to drop the attribute. */
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

export function treatmentOf(privacy: Privacy, name: string): AttributeTreatment {
  const { attributes } = privacy;
  if (Object.hasOwn(attributes, name)) return attributes[name] ?? 'drop';
  return sensitiveAttributes.includes(name) ? privacy.sensitiveAttributes : privacy.otherAttributes;
}
