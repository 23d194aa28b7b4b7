import { isDeepStrictEqual } from 'node:util';
import { type Integration } from '@app/integrations';
import { type KeyedDelivery, type Omission } from '@app/mapping';
import { readSentEvent, type StatsigClient } from '@app/statsig';
import { type Preview, type PreviewedDelivery, type PreviewedOutcome } from '../../api/preview';
import { explanationOf } from '../events/reason-explanation';
import {
  type FindProfiles,
  type KnownEvent,
  mapKnown,
  type PreviewedEvent,
  withProfiles,
} from './known-event';

export interface PreviewPorts {
  findProfiles: FindProfiles;
  statsig: Pick<StatsigClient, 'describeRequest'>;
  nowMs: number;
}

/** Maps an event with both settings as the mapper would, with what is known of its customers now. */
export async function previewEvent(
  event: PreviewedEvent,
  { draft, saved }: { draft: Integration; saved: Integration | undefined },
  ports: PreviewPorts,
): Promise<Preview> {
  const known = await withProfiles(event, draft, ports.findProfiles);
  const outcomes = outcomesOf(known, draft, ports);
  const ofSaved = saved && outcomesOf(await withProfiles(event, saved, ports.findProfiles), saved, ports);
  const { id, type } = event.envelope.event;
  return {
    eventId: id,
    type,
    isCustomerKnown: known.isCustomerKnown,
    draft: outcomes,
    saved: ofSaved ?? null,
    isSame: isDeepStrictEqual(outcomes, ofSaved),
  };
}

function outcomesOf(
  event: KnownEvent,
  integration: Integration,
  { statsig, nowMs }: PreviewPorts,
): PreviewedOutcome[] {
  const mapped = mapKnown(event, integration);
  if (mapped.kind !== 'mapped') return [previewOmission(mapped)];
  const hasSandboxSecret = integration.sandboxServerSecret !== undefined;
  return [
    ...mapped.deliveries.map((delivery) => previewDelivery(delivery, hasSandboxSecret, statsig, nowMs)),
    ...mapped.omissions.map(previewOmission),
  ];
}

function previewDelivery(
  { delivery: { eventId, format, environment, identity, body }, trimmed, side }: KeyedDelivery,
  hasSandboxSecret: boolean,
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
    secret: hasSandboxSecret && environment === 'SANDBOX' ? 'sandboxServerSecret' : 'serverSecret',
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
