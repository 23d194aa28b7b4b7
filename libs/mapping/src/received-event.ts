import { type Integration } from '@app/integrations';
import { type Envelope, withoutIds } from '@app/revenuecat';
import { plausibleTimeMs } from './plausible-time';

/** The event without the ids that do not identify a customer. */
export function usableEnvelope(
  envelope: Envelope,
  { blockedIds }: Pick<Integration, 'blockedIds'>,
): Envelope {
  return { ...envelope, event: withoutIds(envelope.event, blockedIds) };
}

/**
 * When an event entered the pipeline, in ms.
 *
 * @param stated what the header of its record says, if it has one
 * @param timestampMs timestamp of its record
 */
export function receivedAtMsOf(stated: string | undefined, timestampMs: number, nowMs: number): number {
  return plausibleTimeMs(Number(stated), plausibleTimeMs(timestampMs, nowMs), nowMs);
}
