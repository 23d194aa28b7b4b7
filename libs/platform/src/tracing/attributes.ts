/**
 * Attributes of spans. Standard ones are from the semantic conventions of OpenTelemetry for HTTP and messaging
 * (https://opentelemetry.io/docs/specs/semconv/). No attribute contains a key, customer id, URL, body or credential.
 */
export const spanAttributes = {
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  resendCount: 'http.request.resend_count',
  urlTemplate: 'url.template',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  system: 'messaging.system',
  destination: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  offset: 'messaging.kafka.offset',
  group: 'messaging.consumer.group.name',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  messageCount: 'messaging.batch.message_count',
  messageId: 'messaging.message.id',
  eventId: 'revenuecat.event.id',
  eventType: 'revenuecat.event.type',
  projectId: 'rcstatsig.project.id',
  /** Differs from the event id if one event makes several deliveries. */
  deliveryId: 'rcstatsig.delivery.id',
  outcome: 'rcstatsig.outcome',
  reason: 'rcstatsig.reason',
  attempt: 'rcstatsig.attempt',
  attempts: 'rcstatsig.attempts',
} as const;
