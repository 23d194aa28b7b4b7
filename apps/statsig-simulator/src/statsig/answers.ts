import { type AnswerRule } from '../faults/fault-rules';
import { type Endpoint, successStatus } from './endpoints';

/** How a request ends. */
export type Outcome =
  | { kind: 'answer'; status: number; headers: Record<string, string>; body: string }
  | { kind: 'hang' }
  | { kind: 'cut' };

const json = { 'content-type': 'application/json; charset=utf-8' };

export function success(endpoint: Endpoint): Outcome {
  return { kind: 'answer', status: successStatus[endpoint], headers: json, body: '{"success":true}' };
}

export function failure(status: number, message: string, headers: Record<string, string> = {}): Outcome {
  return {
    kind: 'answer',
    status,
    headers: { ...json, ...headers },
    body: JSON.stringify({ success: false, message }),
  };
}

export function faultOutcome(fault: AnswerRule): Outcome {
  switch (fault.kind) {
    case 'status':
      return failure(fault.status, statusMessage(fault), retryAfter(fault));
    case 'hang':
      return { kind: 'hang' };
    case 'accept-then-reset':
      return { kind: 'cut' };
    case 'success-false':
      return { kind: 'answer', status: 200, headers: json, body: '{"success":false}' };
    case 'garbage':
      return {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<html>not what you expect',
      };
  }
}

/** Whether the events of a request that meets this fault, or none, are taken by Statsig. */
export function isAccepted(fault: AnswerRule | undefined): boolean {
  return fault === undefined || fault.kind === 'accept-then-reset' || fault.accepted;
}

function statusMessage({ status, match }: Extract<AnswerRule, { kind: 'status' }>): string {
  const event = match.eventId === undefined ? '' : ` for event ${match.eventId}`;
  return `A fault rule answers ${status}${event}.`;
}

function retryAfter({ retryAfter: after }: Extract<AnswerRule, { kind: 'status' }>): Record<string, string> {
  return after === undefined ? {} : { 'retry-after': String(after) };
}
