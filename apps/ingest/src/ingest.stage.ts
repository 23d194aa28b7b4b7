import { type Reason } from '@app/delivery';
import { type WebhookCredentials } from '@app/integrations';
import {
  deadLetter,
  headerNames,
  isKafkaUnavailable,
  type ProducedRecord,
  RecordsRejectedError,
  type TopicNames,
} from '@app/kafka';
import { customerKeyOf, parseEnvelope, type RevenueCatEvent } from '@app/revenuecat';
import { admit, type Endpoints, knownProject, type RequestHead } from './authorization';
import {
  internalError,
  incompleteBody,
  kafkaUnavailable,
  overloaded,
  rejection,
  type Rejection,
} from './rejection';
import { decodeBody, type ReceivedBody } from './request-body';
import { isSigned, parseSignature } from './signature';

export interface WebhookRequest extends RequestHead {
  contentType: string | undefined;
  contentEncoding: string | undefined;
  signature: string | undefined;
  /** Returns the headers that continue its trace in Kafka. Called once the sender is authenticated. */
  continueTrace: () => Readonly<Record<string, string>>;
  /** @param isAuthorized whether the Authorization value was checked, so that the sender is known */
  receiveBody: (maxBytes: number, isAuthorized: boolean) => Promise<ReceivedBody>;
  receivedAtMs: number;
}

export interface IngestPorts {
  endpoints: Endpoints;
  defaultProjectId: string;
  signatureToleranceMs: number;
  maxBytes: number;
  topics: TopicNames;
  /** Resolves when all in-sync replicas have the record. Rejects after a timeout, or if the record is too large. */
  writeEvent: (record: ProducedRecord) => Promise<void>;
  /** The same for a dead letter, except that one that is too large is truncated. */
  writeDeadLetter: (record: ProducedRecord) => Promise<void>;
}

export type IngestResult =
  | { kind: 'accepted'; projectId: string; eventId: string; type: string }
  /**
   * `projectId` is undefined if the URL does not name an existing project. `eventId` is set if the event was valid.
   * `deadLetterReason` is set if the body was kept as a dead letter.
   */
  | (Rejection & { projectId: string | undefined; eventId?: string; deadLetterReason?: Reason });

/** Authorizes, receives, verifies, validates and writes: an event is accepted once Kafka has it. Never rejects. */
export async function ingest(request: WebhookRequest, ports: IngestPorts): Promise<IngestResult> {
  try {
    return await admitAndWrite(request, ports);
  } catch (error) {
    return { ...internalError(error), projectId: undefined };
  }
}

async function admitAndWrite(request: WebhookRequest, ports: IngestPorts): Promise<IngestResult> {
  const admission = admit(request, ports.defaultProjectId, ports.endpoints);
  if (admission.kind === 'rejected') {
    return { ...admission, projectId: knownProject(request.projectId, ports) };
  }
  const { projectId, credentials } = admission;
  let eventId: string | undefined;
  try {
    const received = await receive(request, credentials, ports);
    if (received.kind === 'valid') eventId = received.event.id;
    const result = received.kind === 'valid' ? await write(request, projectId, received, ports) : received;
    if (result.kind !== 'invalid') return { ...result, projectId };
    await ports.writeDeadLetter(toDeadLetter(request, projectId, result, ports.topics));
    return { ...result.rejection, projectId, deadLetterReason: result.reason };
  } catch (error) {
    const failure = isKafkaUnavailable(error) ? kafkaUnavailable : internalError(error);
    return { ...failure, projectId, ...(eventId !== undefined && { eventId }) };
  }
}

interface ValidBody {
  kind: 'valid';
  bytes: Buffer;
  event: RevenueCatEvent;
}

/** An invalid body of an authenticated sender. It is kept as a dead letter for operators. */
interface InvalidBody {
  kind: 'invalid';
  rejection: Rejection;
  bytes: Buffer;
  isTruncated: boolean;
  /** Reason of the dead letter. */
  reason: Reason;
}

/** A rejected body is not kept. */
type BodyResult = ValidBody | InvalidBody | Rejection;

async function receive(
  request: WebhookRequest,
  credentials: WebhookCredentials,
  ports: IngestPorts,
): Promise<BodyResult> {
  const { maxBytes } = ports;
  const isAuthorized = credentials.authorizations.length > 0;
  const body = await request.receiveBody(maxBytes, isAuthorized);
  switch (body.kind) {
    case 'overloaded':
      return overloaded;
    case 'incomplete':
      return incompleteBody;
    case 'too_large': {
      const tooLarge = bodyTooLarge(maxBytes);
      // A signature can only be verified over the whole body.
      if (!isAuthorized && credentials.signingSecrets.length > 0) return tooLarge;
      return {
        kind: 'invalid',
        rejection: tooLarge,
        bytes: body.bytes,
        isTruncated: true,
        reason: 'too_large',
      };
    }
    case 'complete':
      return verify(body.bytes, request, credentials, ports);
  }
}

async function verify(
  raw: Buffer,
  request: WebhookRequest,
  { signingSecrets }: WebhookCredentials,
  { signatureToleranceMs, maxBytes }: IngestPorts,
): Promise<BodyResult> {
  const { contentEncoding, receivedAtMs } = request;
  const signature = parseSignature(request.signature, signatureToleranceMs, receivedAtMs);
  const isSignatureOf = (bytes: Buffer): boolean =>
    signature.kind === 'signature' && isSigned(bytes, signature, signingSecrets);
  const needsSignature = signingSecrets.length > 0;
  if (needsSignature && signature.kind === 'invalid') return badSignature(signature.detail);
  const isVerified = !needsSignature || isSignatureOf(raw);
  const decoded = await decodeBody(raw, contentEncoding, maxBytes);
  const content = decoded.kind === 'decoded' ? decoded.bytes : raw;
  if (!isVerified && (content === raw || !isSignatureOf(content))) {
    return badSignature('The signature does not match the body and the signing secret.');
  }
  const invalid = (because: Rejection, reason: Reason): BodyResult => ({
    kind: 'invalid',
    rejection: because,
    bytes: content,
    isTruncated: false,
    reason,
  });
  if (decoded.kind === 'too_large') return invalid(bodyTooLarge(maxBytes), 'too_large');
  if (decoded.kind !== 'decoded') {
    const given = `The content encoding is "${(contentEncoding ?? '').slice(0, 100)}"`;
    const problem =
      decoded.kind === 'unsupported'
        ? {
            status: 415,
            detail: `${given}; send gzip, deflate, br or none.`,
          }
        : {
            status: 400,
            detail: `${given}, but the body does not match it: ${decoded.detail}. Correct one of them.`,
          };
    return invalid(rejection('wrong_encoding', problem), 'wrong_encoding');
  }
  const mediaType = request.contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (mediaType !== '' && !/^application\/([\w.-]+\+)?json$/.test(mediaType)) {
    const detail = `The content type is "${mediaType.slice(0, 100)}"; send application/json.`;
    const problem = { status: 415, detail };
    return invalid(rejection('wrong_content_type', problem), 'wrong_content_type');
  }
  const parsed = parseEnvelope(content);
  if (parsed.kind === 'envelope') return { kind: 'valid', bytes: content, event: parsed.envelope.event };
  const { reason, detail, pointer } = parsed;
  const problem = { status: 400, detail, errors: [{ pointer, detail }] };
  return invalid(rejection('invalid_event', problem), reason);
}

function badSignature(detail: string): Rejection {
  return rejection(
    'bad_signature',
    { status: 401, detail },
    'Compare the signing secret with the one that RevenueCat showed when signing was enabled.',
  );
}

function bodyTooLarge(maxBytes: number): Rejection {
  return rejection('too_large', {
    status: 413,
    detail: `The body has more than ${String(maxBytes)} bytes; no event of RevenueCat is that large.`,
  });
}

async function write(
  request: WebhookRequest,
  projectId: string,
  { bytes, event }: ValidBody,
  { topics, writeEvent }: IngestPorts,
): Promise<{ kind: 'accepted'; eventId: string; type: string } | InvalidBody> {
  const record: ProducedRecord = {
    topic: topics.events,
    key: customerKeyOf(projectId, event),
    value: bytes,
    headers: { ...headersOf(request, projectId), [headerNames.eventId]: event.id },
  };
  try {
    await writeEvent(record);
    return { kind: 'accepted', eventId: event.id, type: event.type };
  } catch (error) {
    if (!(error instanceof RecordsRejectedError)) throw error;
    const because = bodyTooLarge(bytes.length - 1);
    return { kind: 'invalid', rejection: because, bytes, isTruncated: false, reason: 'too_large' };
  }
}

function toDeadLetter(
  request: WebhookRequest,
  projectId: string,
  { rejection: { problem }, bytes, isTruncated, reason }: InvalidBody,
  topics: TopicNames,
): ProducedRecord {
  return deadLetter(
    topics.eventsDeadLetter,
    { key: keyOf(bytes, projectId), value: bytes, headers: headersOf(request, projectId), isTruncated },
    { reason, detail: problem.detail, stage: 'ingest', attempts: 0, atMs: request.receivedAtMs },
  );
}

/** A dead letter that is still an event keeps its customer's key, so that redriving preserves the order. */
function keyOf(bytes: Buffer, projectId: string): Buffer | null {
  const parsed = parseEnvelope(bytes);
  return parsed.kind === 'envelope' ? Buffer.from(customerKeyOf(projectId, parsed.envelope.event)) : null;
}

function headersOf(
  { receivedAtMs, continueTrace }: WebhookRequest,
  projectId: string,
): Record<string, string> {
  return {
    [headerNames.projectId]: projectId,
    [headerNames.receivedAtMs]: String(receivedAtMs),
    [headerNames.source]: 'webhook',
    ...continueTrace(),
  };
}
