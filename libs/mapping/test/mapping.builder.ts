import { observe, type Profile } from '@app/identity';
import { type Integration, type IntegrationInput, integrationSchema } from '@app/integrations';
import { type Envelope, type JsonObject, parseEnvelope } from '@app/revenuecat';
import { type KeyedDelivery, type MappingResult, mapEvent } from '../src/map-event';
import { occurredAtMs } from '../src/plausible-time';

export const receivedAtMs = Date.UTC(2026, 0, 2);

export function anIntegration(input: Partial<IntegrationInput> = {}): Integration {
  return integrationSchema.parse({ projectId: 'default', serverSecret: 'secret-k1', ...input });
}

export function envelopeOf(body: unknown): Envelope {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const parsed = parseEnvelope(Buffer.from(text));
  if (parsed.kind === 'unreadable') throw new Error(parsed.detail);
  return parsed.envelope;
}

export const eventBody = (fields: JsonObject = {}): JsonObject => ({
  api_version: '1.0',
  event: {
    id: 'e1',
    type: 'RENEWAL',
    event_timestamp_ms: Date.UTC(2026, 0, 1),
    app_user_id: 'u',
    original_app_user_id: 'u',
    aliases: ['u'],
    subscriber_attributes: {},
    environment: 'PRODUCTION',
    price: 9.99,
    ...fields,
  },
});

/** Maps a body as the stage does. By default, only the event's own data is known of the customer. */
export function map(
  body: unknown,
  settings: Partial<IntegrationInput> = {},
  known?: readonly Profile[],
  isLookupMissing = false,
): MappingResult {
  const envelope = envelopeOf(body);
  const integration = anIntegration(settings);
  return mapEvent({
    envelope,
    known:
      known ??
      observe(
        envelope.event,
        occurredAtMs(envelope.event, receivedAtMs),
        integration.userProperties.length > 0,
      ).map(({ ids, learned }) => ({
        ...learned,
        ...orderKey(ids[0]),
      })),
    isLookupMissing,
    integration,
    receivedAtMs,
  });
}

export const orderKey = (value = ''): Pick<Profile, 'orderKey'> => ({ orderKey: { value, sinceMs: 1 } });

export function deliveriesOf(mapped: MappingResult): KeyedDelivery['delivery'][] {
  if (mapped.kind !== 'mapped') throw new Error(`${mapped.kind}: ${mapped.reason}`);
  return mapped.deliveries.map(({ delivery }) => delivery);
}

/** The Kafka keys of the deliveries. */
export function keysOf(mapped: MappingResult): string[] {
  return mapped.kind === 'mapped' ? mapped.deliveries.map(({ key }) => key) : [];
}

export function bodiesOf(mapped: MappingResult): JsonObject[] {
  return deliveriesOf(mapped).map(({ body }) => JSON.parse(body) as JsonObject);
}

/** The events that Statsig would see in format `revenuecat`. */
export function eventsOf(mapped: MappingResult): JsonObject[] {
  return bodiesOf(mapped).map(({ event }) => event as JsonObject);
}
