import { deadLetter, headerNames, type ProducedRecord, type TopicNames } from '@app/kafka';
import { customerKeyOf, type ParsedEnvelope, parseEnvelope } from '@app/revenuecat';
import { type Problem, unauthorized, unavailable } from './problem';
import { type RawBody } from './raw-body';
import { isAuthorized, isSigned, type WebhookCredentials } from './webhook-credentials';

export interface WebhookRequest {
  projectId: string;
  contentType: string | undefined;
  authorization: string | undefined;
  signature: string | undefined;
  traceparent: string | undefined;
  body: RawBody;
  receivedAtMs: number;
}

export interface IngestPorts {
  credentials: WebhookCredentials;
  maxBytes: number;
  topics: TopicNames;
  /** Resolves when the records are on all in-sync replicas, and rejects in good time when they are not. */
  produce: (records: readonly ProducedRecord[]) => Promise<void>;
}

export type IngestResult = { kind: 'accepted'; eventId: string } | { kind: 'refused'; problem: Problem };

/** Authenticate, validate, produce: an event is accepted once Kafka has it. */
export async function ingest(request: WebhookRequest, ports: IngestPorts): Promise<IngestResult> {
  if (!isAuthentic(request, ports.credentials)) return refused(unauthorized);
  const parsed = validate(request, ports.maxBytes);
  try {
    if (parsed.kind === 'invalid') {
      await ports.produce([keepAside(request, parsed.problem, parsed.reason, ports.topics)]);
      return refused(parsed.problem);
    }
    await ports.produce([eventRecord(request, parsed.envelope.event, ports.topics)]);
    return { kind: 'accepted', eventId: parsed.envelope.event.id };
  } catch {
    return refused(unavailable);
  }
}

function refused(problem: Problem): IngestResult {
  return { kind: 'refused', problem };
}

function isAuthentic(request: WebhookRequest, credentials: WebhookCredentials): boolean {
  return (
    isAuthorized(credentials, request.authorization) &&
    isSigned(credentials, request.signature, request.body.bytes, request.receivedAtMs)
  );
}

type Validated =
  Extract<ParsedEnvelope, { kind: 'envelope' }> | { kind: 'invalid'; reason: string; problem: Problem };

function validate({ contentType, body }: WebhookRequest, maxBytes: number): Validated {
  if (body.bytes.length > maxBytes) {
    const detail = `The body has more than ${maxBytes} bytes; no event of RevenueCat’s is that large.`;
    return {
      kind: 'invalid',
      reason: 'too_large',
      problem: { status: 413, title: 'Body too large', detail },
    };
  }
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== undefined && !/^application\/([\w.-]+\+)?json$/.test(mediaType)) {
    const detail = `The content type is "${mediaType.slice(0, 100)}"; send application/json.`;
    return {
      kind: 'invalid',
      reason: 'wrong_content_type',
      problem: { status: 415, title: 'Wrong content type', detail },
    };
  }
  const parsed = parseEnvelope(body.bytes);
  if (parsed.kind === 'envelope') return parsed;
  const { reason, detail, pointer } = parsed;
  return { kind: 'invalid', reason, problem: { status: 400, title: 'Not an event', detail, pointer } };
}

function eventRecord(
  request: WebhookRequest,
  event: Extract<ParsedEnvelope, { kind: 'envelope' }>['envelope']['event'],
  topics: TopicNames,
): ProducedRecord {
  return {
    topic: topics.events,
    key: customerKeyOf(request.projectId, event),
    value: request.body.bytes,
    headers: { ...headersOf(request), [headerNames.eventId]: event.id },
  };
}

function keepAside(
  request: WebhookRequest,
  problem: Problem,
  reason: string,
  topics: TopicNames,
): ProducedRecord {
  return deadLetter(
    topics.eventsDeadLetter,
    {
      key: null,
      value: request.body.bytes,
      headers: headersOf(request),
      isTruncated: request.body.isTruncated,
    },
    { reason, detail: problem.detail, stage: 'ingest', attempts: 0, atMs: request.receivedAtMs },
  );
}

function headersOf({ projectId, receivedAtMs, traceparent }: WebhookRequest): Record<string, string> {
  return {
    [headerNames.projectId]: projectId,
    [headerNames.receivedAtMs]: String(receivedAtMs),
    [headerNames.source]: 'webhook',
    ...(traceparent !== undefined && { [headerNames.traceparent]: traceparent }),
  };
}
