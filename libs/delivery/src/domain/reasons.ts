/** What a reason code means, and what an operator should do about it. */
export interface ReasonExplanation {
  meaning: string;
  remedy: string;
}

/** The app that reports a reason. */
export type Stage = 'ingest' | 'mapper' | 'dispatcher';

interface OwnReasonExplanation extends ReasonExplanation {
  stages: readonly Stage[];
}

/** Why an event was not sent to Statsig, by the reason code of its dead letter or receipt. */
export const reasonExplanations = {
  not_utf8: {
    stages: ['ingest', 'mapper'],
    meaning: 'The record is not UTF-8 text.',
    remedy: "Produce RevenueCat's JSON envelope in UTF-8. The record itself cannot be redriven.",
  },
  not_json: {
    stages: ['ingest', 'mapper'],
    meaning: 'The record is not JSON, or is empty.',
    remedy: "Produce RevenueCat's JSON envelope. The record itself cannot be redriven.",
  },
  batch_too_large: {
    stages: ['mapper'],
    meaning: 'A compressed batch exceeds 64 MiB when decompressed, so none of its records was read.',
    remedy:
      "Produce smaller batches. While the topic retains the batch, its records can be read with Kafka's tools and produced again.",
  },
  schema_registry_payload: {
    stages: ['ingest', 'mapper'],
    meaning: 'The record has a schema registry header, but is not JSON: it may be Avro or Protobuf.',
    remedy:
      'Produce the JSON envelope with the JSON Schema serializer, or without a schema registry. The record itself cannot be redriven.',
  },
  not_an_envelope: {
    stages: ['ingest', 'mapper'],
    meaning: 'The JSON is not a RevenueCat envelope: an object with an object "event" in it.',
    remedy: "Send RevenueCat's envelope as it is. The record itself cannot be redriven.",
  },
  no_event_id: {
    stages: ['ingest', 'mapper'],
    meaning: 'The event has neither "id" nor "event_id", so duplicates could not be detected.',
    remedy: 'Give every event a unique id. The record itself cannot be redriven.',
  },
  event_id_too_long: {
    stages: ['ingest', 'mapper'],
    meaning: 'The id of the event has more than 256 characters.',
    remedy: 'Give every event a shorter id. The record itself cannot be redriven.',
  },
  event_id_malformed: {
    stages: ['ingest', 'mapper'],
    meaning: 'The id of the event contains half of a surrogate pair, so two such ids would look the same.',
    remedy: 'Give every event a well-formed id. The record itself cannot be redriven.',
  },
  wrong_content_type: {
    stages: ['ingest'],
    meaning: 'The webhook did not have a JSON content type.',
    remedy: 'Send it as application/json. If its body is an envelope, it can be redriven.',
  },
  wrong_encoding: {
    stages: ['ingest'],
    meaning: 'The webhook has an unsupported Content-Encoding, or its body does not match the header.',
    remedy: 'Send the body with gzip, deflate, br or no encoding.',
  },
  too_large: {
    stages: ['ingest'],
    meaning: 'The webhook has more bytes than WEBHOOK_MAX_BYTES, or than the topic of events accepts.',
    remedy:
      'Compare WEBHOOK_MAX_BYTES and TOPIC_MAX_MESSAGE_BYTES with max.message.bytes of the topic and raise them, then redrive the event. An event of which only the beginning was kept cannot be redriven.',
  },
  delivery_too_large: {
    stages: ['mapper'],
    meaning: 'The event, with what was added to it, has more bytes than the topic of deliveries accepts.',
    remedy:
      'Compare TOPIC_MAX_MESSAGE_BYTES with max.message.bytes of the topic and raise both, or drop attributes (docs/privacy.md), then redrive the event.',
  },
  project_id_malformed: {
    stages: ['mapper'],
    meaning: 'The header "project-id" of the record is not a valid project id.',
    remedy:
      'Produce the record with the id of a project: 1 to 64 letters, digits, "_" or "-", but not "unknown".',
  },
  no_integration: {
    stages: ['mapper'],
    meaning: 'The project of the event has no integration.',
    remedy: 'Add an integration for the project, then redrive its events.',
  },
  no_customer: {
    stages: ['mapper'],
    meaning: 'A transfer, or one side of it, has no id that identifies a customer.',
    remedy:
      'Check whether the ids are placeholders (docs/identity.md). If the other side has an id, it was sent.',
  },
  no_user: {
    stages: ['mapper'],
    meaning: 'The event has no id that Statsig accepts for its user: at most 128 characters.',
    remedy: 'Choose another identity or custom ids in the integration, then redrive the event.',
  },
  not_mappable: {
    stages: ['mapper'],
    meaning: 'Mapping the event failed, for example because it is nested very deeply.',
    remedy: 'See the detail of the dead letter. If the event is valid, report a bug.',
  },
  type_not_selected: {
    stages: ['mapper'],
    meaning: 'The integration does not send events of this type.',
    remedy: 'To send such events, add the type to the event types of the integration, then replay the event.',
  },
  sandbox_excluded: {
    stages: ['mapper'],
    meaning: 'The event counts as sandbox, and the integration does not send sandbox events.',
    remedy: 'To send such events, turn on "Send sandbox events" in the integration, then replay the event.',
  },
  filtered_by_rule: {
    stages: ['mapper'],
    meaning: 'A filter of the integration filters the event out. The receipt names the filter in "rule".',
    remedy: 'To send such events, change the filter in the integration, then replay the event.',
  },
  sandbox_secret_rejected: {
    stages: ['dispatcher'],
    meaning:
      'Statsig rejects requests with the sandbox server secret of the integration. Its production events are not affected.',
    remedy: 'Set a valid sandbox server secret in the integration, then redrive the events.',
  },
  anonymous_customer: {
    stages: ['mapper'],
    meaning: 'The integration does not send events of anonymous customers.',
    remedy:
      'To send such events, change "Anonymous customers" in the integration, or choose an identity by which these customers have another id; then replay the event.',
  },
  not_a_delivery: {
    stages: ['dispatcher'],
    meaning: 'A record in a deliveries topic is not a valid delivery.',
    remedy: 'Produce events to revenuecat.events: only the mapper writes to deliveries topics.',
  },
  owner_vanished: {
    stages: ['dispatcher'],
    meaning:
      'The process that had claimed the event ended before it recorded the outcome, so Statsig may have the event.',
    remedy: 'Look for the event in Statsig, and redrive it if it is missing there.',
  },
  maybe_delivered: {
    stages: ['dispatcher'],
    meaning: 'This is a copy of an event that Statsig may have; that event is a dead letter.',
    remedy: 'Look for the event in Statsig, and redrive its dead letter if it is missing there.',
  },
} as const satisfies Record<string, OwnReasonExplanation>;

/** The reason of a response of Statsig, or of a failed request: `statsig_` and the status or an error code. */
export type StatsigReason = `statsig_${string}`;

export interface StatsigReasonExplanation extends ReasonExplanation {
  /** Name of the group, for the docs. */
  codes: string;
  pattern: RegExp;
}

/** The first explanation whose pattern matches applies. */
export const statsigReasonExplanations: readonly StatsigReasonExplanation[] = [
  {
    codes: '`statsig_401`, `statsig_403`',
    pattern: /^statsig_40[13]$/,
    meaning: 'Statsig rejects the server secret key.',
    remedy:
      'Set a valid server secret key of Statsig in the integration (Settings → Keys & environments). Events wait until then.',
  },
  {
    codes: '`statsig_404`, `statsig_410`',
    pattern: /^statsig_4(04|10)$/,
    meaning: 'Statsig has no endpoint at this address.',
    remedy:
      "Format revenuecat: Statsig does not publish the address of its RevenueCat connector. Enable the connector on Statsig's Integrations page (Statsig Cloud only), check STATSIG_BASE_URL and STATSIG_WEBHOOK_PATH, or change the format to log_event. Format log_event: check STATSIG_EVENTS_URL. Events wait until then.",
  },
  {
    codes: '`statsig_413`, `statsig_414`, `statsig_431`',
    pattern: /^statsig_4(13|14|31)$/,
    meaning: 'The request is larger than Statsig, or a proxy in front of it, accepts.',
    remedy:
      'Raise the limit of the proxy if it is yours, or drop attributes (docs/privacy.md), then redrive.',
  },
  {
    codes: '`statsig_400`, `statsig_409`, `statsig_422`',
    pattern: /^statsig_4(00|09|22)$/,
    meaning: 'Statsig rejected the content of the event.',
    remedy: 'Compare what was sent with the response in the detail; change the integration, then redrive.',
  },
  {
    codes: '`statsig_408`, `statsig_429`',
    pattern: /^statsig_4(08|29)$/,
    meaning: 'Statsig was too slow or received too many requests.',
    remedy:
      'No action needed: the request is retried. If this continues, lower STATSIG_MAX_REQUESTS_PER_SECOND (maxRequestsPerSecond in the settings of an integration).',
  },
  {
    codes: '`statsig_3…`',
    pattern: /^statsig_3\d\d$/,
    meaning:
      'The response is a redirect, which is not followed: it would send the secret to another address.',
    remedy: 'Correct STATSIG_BASE_URL or STATSIG_EVENTS_URL. Events wait until then.',
  },
  {
    codes: 'other `statsig_4…`',
    pattern: /^statsig_4\d\d$/,
    meaning: 'Statsig, or a proxy in front of it, rejects the request.',
    remedy: 'See the response in the detail. An event becomes a dead letter only if others are accepted.',
  },
  {
    codes: '`statsig_5…`',
    pattern: /^statsig_\d\d\d$/,
    meaning: 'Statsig, or a proxy in front of it, failed.',
    remedy:
      'No action needed: the request is retried. If the event is a dead letter although others are accepted, redrive it.',
  },
  {
    codes: '`statsig_success_false`',
    pattern: /^statsig_success_false$/,
    meaning: 'Statsig responded with 2xx and "success": false.',
    remedy:
      'No action needed: the request is retried. If the event is a dead letter, see the response in the detail.',
  },
  {
    codes: '`statsig_` and an error code, such as `statsig_timeout`, `statsig_econnrefused`',
    pattern: /^statsig_/,
    meaning: 'There was no response from Statsig.',
    remedy:
      'Check the network, DNS and proxies between the dispatcher and Statsig. The request is retried; a dead letter may have reached Statsig (DISPATCHER_ON_AMBIGUOUS).',
  },
];

/** Reason code of a dead letter, a receipt or an outcome metric. */
export type Reason = keyof typeof reasonExplanations | StatsigReason;

/** Undefined for an unknown code, which a record written by another version may have. */
export function explainReason(reason: string): ReasonExplanation | undefined {
  const found = Object.hasOwn(reasonExplanations, reason)
    ? reasonExplanations[reason as keyof typeof reasonExplanations]
    : statsigReasonExplanations.find(({ pattern }) => pattern.test(reason));
  return found && { meaning: found.meaning, remedy: found.remedy };
}
