import { type WebhookRejection } from '@app/delivery';
import { createProblem, type Problem } from '@app/platform';

export interface Rejection {
  kind: 'rejected';
  outcome: WebhookRejection;
  problem: Problem;
  /** Value of the header `Retry-After`, in seconds. */
  retryAfter?: number | undefined;
  /** Advice for operators that is not part of the response. Never contains a secret. */
  forOperator?: string | undefined;
}

export function rejection(
  outcome: WebhookRejection,
  { retryAfter, ...problem }: Parameters<typeof createProblem>[0] & Pick<Rejection, 'retryAfter'>,
  forOperator?: string,
): Rejection {
  return { kind: 'rejected', outcome, problem: createProblem(problem), retryAfter, forOperator };
}

/** `Retry-After` of temporary failures, in seconds. */
export const retryAfter = 5;

export const kafkaUnavailable = rejection('unavailable', {
  status: 503,
  detail: 'Kafka did not acknowledge the event, so it is not accepted. Send it again.',
  retryAfter,
});

export const overloaded = rejection('overloaded', {
  status: 503,
  detail: 'Too many requests are being received at once, so this one is not accepted. Send it again.',
  retryAfter,
});

/** An unexpected error. The rejection contains no part of the request. */
export function internalError(error: unknown): Rejection {
  return rejection(
    'failed',
    {
      status: 500,
      detail: 'The request could not be handled, so the event is not accepted. Send it again.',
    },
    `Report this as a defect of ingest: ${locationOf(error)}.`,
  );
}

/** The class of an error and the line of code that threw it, but not its message, which may quote the request. */
function locationOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { name, message, stack = '' } = error;
  const frames = stack.slice(stack.indexOf(message) + message.length);
  return `${name} at ${/^ +at (.+)$/m.exec(frames)?.[1] ?? 'an unknown place'}`;
}

/** The sender closed the connection before the body was complete, so the response cannot be sent. */
export const incompleteBody = rejection('incomplete', {
  status: 400,
  detail: 'The connection ended before the body did. Send the event again.',
});
