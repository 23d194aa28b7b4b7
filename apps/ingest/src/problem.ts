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

/** The sender closed the connection before the body was complete: nothing can be sent back. */
export const incomplete = refusal('incomplete', {
  status: 400,
  title: 'Incomplete body',
  detail: 'The connection ended before the body did.',
});
