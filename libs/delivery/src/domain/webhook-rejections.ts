import { type ReasonExplanation } from './reasons';

export interface WebhookRejectionExplanation extends ReasonExplanation {
  /** A short name of the outcome. */
  title: string;
  /** HTTP statuses of the response, for the docs; "–" if there is none. */
  status: string;
  /** Whether the body becomes a dead letter. */
  deadLetter: 'no' | 'yes' | 'yes, may be truncated';
}

/** Why ingest rejected a webhook, by the outcome in its metric and log and on the Overview of the console. */
export const webhookRejections = {
  unauthorized: {
    title: 'Wrong Authorization value',
    status: '401',
    meaning: 'The Authorization value is missing, wrong, or that of another project.',
    remedy:
      'Enter the Authorization value of the project in RevenueCat. If nobody knows it, replace it in the console, or in the environment of ingest if it is set there.',
    deadLetter: 'no',
  },
  bad_signature: {
    title: 'Wrong signature',
    status: '401',
    meaning: 'The signature is missing, too old, or does not match the secret and the body.',
    remedy:
      'Compare the signing secret with the one that RevenueCat showed when signing was enabled, and check the clock of the host.',
    deadLetter: 'no',
  },
  unknown_project: {
    title: 'Unknown project',
    status: '404',
    meaning: 'The URL names a project without credentials.',
    remedy: 'Create webhook credentials for the project in the console, or correct the project in the URL.',
    deadLetter: 'no',
  },
  wrong_url: {
    title: 'Wrong URL',
    status: '400, 404',
    meaning: 'The project is in the query or in a header, or the URL does not exist.',
    remedy: 'Copy the URL of the project from the console to RevenueCat.',
    deadLetter: 'no',
  },
  too_large: {
    title: 'Body too large',
    status: '413',
    meaning: 'The body has more bytes than WEBHOOK_MAX_BYTES, or than the topic of events accepts.',
    remedy:
      'Compare WEBHOOK_MAX_BYTES and TOPIC_MAX_MESSAGE_BYTES with max.message.bytes of the topic and raise them, then redrive the dead letter if it is complete.',
    deadLetter: 'yes, may be truncated',
  },
  wrong_content_type: {
    title: 'Wrong content type',
    status: '415',
    meaning: 'The content type is not JSON.',
    remedy:
      'Send the event as application/json. If the body is an envelope, its dead letter can be redriven.',
    deadLetter: 'yes',
  },
  wrong_encoding: {
    title: 'Wrong content encoding',
    status: '400, 415',
    meaning: 'The content encoding is unknown, or the body does not match it.',
    remedy: 'Send the body with gzip, deflate, br or no encoding.',
    deadLetter: 'yes',
  },
  invalid_event: {
    title: 'Not a valid event',
    status: '400',
    meaning: 'The body is not UTF-8, not JSON or not an event, or the event has no usable id.',
    remedy: 'See the detail, which names the invalid part, and correct the sender.',
    deadLetter: 'yes',
  },
  incomplete: {
    title: 'Body incomplete',
    status: '–',
    meaning: 'The sender closed the connection before the body was complete.',
    remedy:
      'No action needed: RevenueCat sends the event again. If this continues, check the timeouts of proxies in front of ingest.',
    deadLetter: 'no',
  },
  overloaded: {
    title: 'Too many concurrent requests',
    status: '503, –',
    meaning: 'There are too many bodies or connections, or the process is too busy.',
    remedy:
      'No action needed: RevenueCat sends the event again. If this continues, add instances of ingest, or raise WEBHOOK_MAX_CONNECTIONS if the detail names it.',
    deadLetter: 'no',
  },
  unavailable: {
    title: 'Kafka or the credentials were unavailable',
    status: '503',
    meaning: 'Kafka did not acknowledge the event in time, or the credentials are not known yet.',
    remedy:
      'Check Kafka and Redis: /health/ready of ingest reports what is wrong. RevenueCat drops an event after about 155 minutes.',
    deadLetter: 'no',
  },
  failed: {
    title: 'Internal error',
    status: '500',
    meaning: 'An unexpected error occurred.',
    remedy: 'Report a bug. The log of ingest has the line of code, and nothing of the request.',
    deadLetter: 'no',
  },
} as const satisfies Record<string, WebhookRejectionExplanation>;

/** The label `outcome` of the metric of webhooks, except `accepted`. */
export type WebhookRejection = keyof typeof webhookRejections;

/** Undefined for an unknown outcome, which another version of ingest may have. */
export function explainWebhookRejection(outcome: string): WebhookRejectionExplanation | undefined {
  return Object.hasOwn(webhookRejections, outcome)
    ? webhookRejections[outcome as WebhookRejection]
    : undefined;
}
