import { type RefusalOutcome } from '@app/integrations';

/** An error body for people and programs (RFC 9457, `application/problem+json`). */
export interface Problem {
  status: number;
  title: string;
  detail: string;
  /** Position in the body: a JSON pointer. */
  pointer?: string;
  /** Seconds. */
  retryAfter?: number;
}

export interface Refusal {
  kind: 'refused';
  outcome: RefusalOutcome;
  problem: Problem;
  /** What an operator should compare, beyond what the sender is told. Never a secret. */
  forOperator?: string | undefined;
}

export function refusal(outcome: RefusalOutcome, problem: Problem, forOperator?: string): Refusal {
  return { kind: 'refused', outcome, problem, forOperator };
}

/** After what is over soon, in seconds. */
export const retryAfter = 5;

export const kafkaUnavailable = refusal('unavailable', {
  status: 503,
  title: 'Kafka unavailable',
  detail: 'The event could not be stored, so it is not accepted. Send it again.',
  retryAfter,
});

export const overloaded = refusal('overloaded', {
  status: 503,
  title: 'Overloaded',
  detail: 'Too many requests are being received at once, so this one is not accepted. Send it again.',
  retryAfter,
});

/** Something went wrong that nobody has thought of. What is said of the error has nothing of the request. */
export function failed(error: unknown): Refusal {
  return refusal(
    'failed',
    {
      status: 500,
      title: 'Internal error',
      detail: 'The request could not be handled, so the event is not accepted. Send it again.',
    },
    `Report this as a defect of ingest: ${placeOf(error)}.`,
  );
}

/** The kind of an error and the line of code that threw it. Its message may quote what was sent. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { name, message, stack = '' } = error;
  const frames = stack.slice(stack.indexOf(message) + message.length);
  return `${name} at ${/^ +at (.+)$/m.exec(frames)?.[1] ?? 'an unknown place'}`;
}

/** The sender closed the connection before the body was complete: nothing can be sent back. */
export const incomplete = refusal('incomplete', {
  status: 400,
  title: 'Incomplete body',
  detail: 'The connection ended before the body did.',
});
