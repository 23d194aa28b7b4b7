import { createHash } from 'node:crypto';
import { z } from 'zod';

/** What becomes of a customer attribute on its way to Statsig. */
export const attributeTreatment = z.enum(['keep', 'drop', 'hash']);
export type AttributeTreatment = z.output<typeof attributeTreatment>;

/**
 * Left out unless allowed: they identify a device or a person and measure nothing.
 * RevenueCat's own integration sends them all.
 */
export const sensitiveAttributes: readonly string[] = [
  '$ip', '$phoneNumber', '$apnsTokens', '$fcmTokens',
  '$idfa', '$idfv', '$gpsAdId', '$androidId', '$amazonAdId',
  '$airbridgeDeviceId', '$amplitudeDeviceId', '$kochavaDeviceId', '$adjustId', '$fbAnonId', '$firebaseAppInstanceId',
]; // prettier-ignore

export const privacySchema = z
  .object({
    /** By attribute name; a name that is not here follows `sensitiveAttributes` if it is one, else `otherAttributes`. */
    attributes: z.record(z.string(), attributeTreatment).default({}),
    sensitiveAttributes: attributeTreatment.default('drop'),
    otherAttributes: attributeTreatment.default('keep'),
    /** Mixed into hashes, so that nobody can look them up in a table of likely values. */
    salt: z.string().min(16).optional(),
  })
  .refine(
    ({ attributes, sensitiveAttributes: sensitive, otherAttributes, salt }) =>
      salt !== undefined || ![...Object.values(attributes), sensitive, otherAttributes].includes('hash'),
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

function treatmentOf(privacy: Privacy, name: string): AttributeTreatment {
  const { attributes } = privacy;
  if (Object.hasOwn(attributes, name)) return attributes[name] ?? 'drop';
  return sensitiveAttributes.includes(name) ? privacy.sensitiveAttributes : privacy.otherAttributes;
}
