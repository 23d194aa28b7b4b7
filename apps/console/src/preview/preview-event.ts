import { isDeepStrictEqual } from 'node:util';
import { applyTransfers, observe, type Observation, type Profile } from '@app/identity';
import { type Integration } from '@app/integrations';
import { type KeyedDelivery, mapEvent, occurredAtMs, type Omission, usableEnvelope } from '@app/mapping';
import { type Envelope } from '@app/revenuecat';
import { readSentEvent, type StatsigClient } from '@app/statsig';
import { type Preview, type PreviewedDelivery, type PreviewedOutcome } from '../../api/preview';
import { explanationOf } from '../events/reason-explanation';

/** An event as the mapper would read it. */
export interface PreviewedEvent {
  envelope: Envelope;
  project: string;
  receivedAtMs: number;
  replay?: string;
}

export interface PreviewPorts {
  /** Returns what is known of the customers that the observations name, and changes nothing. */
  profilesOf: (
    project: string,
    observations: readonly Observation[],
  ) => Promise<{ profiles: Profile[]; isKnown: (observation: Observation) => boolean }>;
  statsig: Pick<StatsigClient, 'describeRequest'>;
  nowMs: number;
}

/** Maps an event with both settings as the mapper would, with what is known of its customers now. */
export async function previewEvent(
  event: PreviewedEvent,
  { draft, saved }: { draft: Integration; saved: Integration | undefined },
  ports: PreviewPorts,
): Promise<Preview> {
  const withDraft = await outcomesOf(event, draft, ports);
  const withSaved = saved && (await outcomesOf(event, saved, ports));
  const { id, type } = event.envelope.event;
  return {
    eventId: id,
    type,
    isCustomerKnown: withDraft.isCustomerKnown,
    draft: withDraft.outcomes,
    saved: withSaved?.outcomes ?? null,
    isSame: isDeepStrictEqual(withDraft.outcomes, withSaved?.outcomes),
  };
}

async function outcomesOf(
  { envelope: received, project, receivedAtMs, replay }: PreviewedEvent,
  integration: Integration,
  { profilesOf, statsig, nowMs }: PreviewPorts,
): Promise<{ outcomes: PreviewedOutcome[]; isCustomerKnown: boolean }> {
  const envelope = usableEnvelope(received, integration);
  const { event } = envelope;
  const atMs = occurredAtMs(event, receivedAtMs);
  const collectsState = integration.userProperties.length > 0;
  const observations = observe(event, atMs, collectsState);
  const { profiles, isKnown } = await profilesOf(project, observations);
  const [known = profiles] = collectsState
    ? applyTransfers([{ event, atMs, observations, known: profiles }]).known
    : [];
  const mapped = mapEvent({
    envelope,
    known,
    isLookupMissing: false,
    integration,
    receivedAtMs,
    ...(replay !== undefined && { replay }),
  });
  const outcomes =
    mapped.kind === 'mapped'
      ? [
          ...mapped.deliveries.map((delivery) => previewDelivery(delivery, statsig, nowMs)),
          ...mapped.omissions.map(previewOmission),
        ]
      : [previewOmission(mapped)];
  return { outcomes, isCustomerKnown: observations.every(isKnown) };
}

function previewDelivery(
  { delivery: { eventId, format, environment, identity, body }, trimmed, side }: KeyedDelivery,
  statsig: PreviewPorts['statsig'],
  nowMs: number,
): PreviewedDelivery {
  const request = statsig.describeRequest(format, Buffer.from(body), nowMs);
  return {
    kind: 'delivery',
    deliveryId: eventId,
    side: side ?? null,
    ...readSentEvent(format, body),
    identity: identity ?? null,
    environment,
    trimmed: [...trimmed],
    request: { method: 'POST', ...request, body: request.body.toString() },
  };
}

function previewOmission({
  kind,
  reason,
  rule,
  detail,
  side,
}: Omission & { side?: 'from' | 'to' }): PreviewedOutcome {
  return { kind, side: side ?? null, reason, rule: rule ?? null, detail, explanation: explanationOf(reason) };
}
