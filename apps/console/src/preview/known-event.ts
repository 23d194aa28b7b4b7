import { applyTransfers, observe, type Observation, type Profile } from '@app/identity';
import { type Integration, integrationSchema } from '@app/integrations';
import { mapEvent, type MappingResult, occurredAtMs, usableEnvelope } from '@app/mapping';
import { type Envelope } from '@app/revenuecat';

/** An event as the mapper would read it. */
export interface PreviewedEvent {
  envelope: Envelope;
  project: string;
  receivedAtMs: number;
  replay?: string;
}

/** An event with what is known of its customers now. */
export interface KnownEvent extends PreviewedEvent {
  /** The profile of each customer that the event names. */
  known: readonly Profile[];
  /** False if nothing is known of one of them. */
  isCustomerKnown: boolean;
}

/** Returns what is known of the customers that the observations name, and changes nothing. */
export type FindProfiles = (
  project: string,
  observations: readonly Observation[],
) => Promise<{ profiles: Profile[]; isKnown: (observation: Observation) => boolean }>;

/** Adds what the mapper would know of the customers of an event. */
export async function withProfiles(
  received: PreviewedEvent,
  integration: Pick<Integration, 'blockedIds' | 'userProperties'>,
  findProfiles: FindProfiles,
): Promise<KnownEvent> {
  const envelope = usableEnvelope(received.envelope, integration);
  const { event } = envelope;
  const atMs = occurredAtMs(event, received.receivedAtMs);
  const collectsState = integration.userProperties.length > 0;
  const observations = observe(event, atMs, collectsState);
  const { profiles, isKnown } = await findProfiles(received.project, observations);
  const [known = profiles] = collectsState
    ? applyTransfers([{ event, atMs, observations, known: profiles }]).known
    : [];
  return { ...received, envelope, known, isCustomerKnown: observations.every(isKnown) };
}

/** Maps an event as the mapper would. */
export function mapKnown(
  { envelope, known, receivedAtMs, replay }: KnownEvent,
  integration: Integration,
): MappingResult {
  return mapEvent({
    envelope,
    known,
    isLookupMissing: false,
    integration,
    receivedAtMs,
    ...(replay !== undefined && { replay }),
  });
}

/** What an event alone shows of its customers, for an event that is not of a real customer. */
export const learnedOnly: FindProfiles = (_project, observations) =>
  Promise.resolve({ profiles: observations.map(({ learned }) => learned), isKnown: () => false });

const noFilters = integrationSchema.shape.filters.parse({});

/** The integration without the settings that filter events out by what they are. */
export function sendingAll(integration: Integration): Integration {
  return { ...integration, eventTypes: ['*'], includeSandbox: true, filters: noFilters };
}
