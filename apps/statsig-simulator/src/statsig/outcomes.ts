import { type ResponseRule } from '../faults/fault-rules';
import { type Endpoint, successStatus } from './endpoints';

/** How a request ends. */
export type Outcome =
  | { kind: 'response'; status: number; headers: Record<string, string>; body: string }
  | PartialResponse
  | { kind: 'hang' }
  | { kind: 'cut' };

/** A response whose body is cut off or never ends. */
export interface PartialResponse {
  kind: 'partial';
  status: number;
  headers: Record<string, string>;
  body: string;
  bodyEnd: 'cut' | 'trickle';
}

const json = { 'content-type': 'application/json; charset=utf-8' };
const text = { 'content-type': 'text/plain; charset=utf-8' };

export function success(endpoint: Endpoint): Outcome {
  return { kind: 'response', status: successStatus[endpoint], headers: json, body: '{"success":true}' };
}

export function faultOutcome(fault: ResponseRule): Outcome {
  switch (fault.kind) {
    case 'status':
      return statusOutcome(fault);
    case 'hang':
      return { kind: 'hang' };
    case 'accept-then-reset':
      return { kind: 'cut' };
    case 'success-false':
      return { kind: 'response', status: 200, headers: json, body: '{"success":false}' };
    case 'garbage':
      return {
        kind: 'response',
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<html>not what you expect',
      };
  }
}

/** Whether Statsig accepts the events of a request with this fault, or without one. */
export function isAccepted(fault: ResponseRule | undefined): boolean {
  return fault === undefined || fault.kind === 'accept-then-reset' || fault.accepted;
}

type StatusRule = Extract<ResponseRule, { kind: 'status' }>;

function statusOutcome(fault: StatusRule): Outcome {
  const { status, bodyEnd } = fault;
  const headers = { ...(fault.body === undefined ? json : text), ...headersOf(fault) };
  const body = (fault.body ?? usualBody(fault)).padEnd(fault.bodyBytes ?? 0);
  if (bodyEnd === 'complete') return { kind: 'response', status, headers, body };
  return { kind: 'partial', status, headers, body, bodyEnd };
}

function usualBody({ status, match }: StatusRule): string {
  if (status < 300) return '{"success":true}';
  const event = match.eventId === undefined ? '' : ` for event ${match.eventId}`;
  return JSON.stringify({ success: false, message: `A fault rule responds with ${status}${event}.` });
}

function headersOf({ retryAfter, location }: StatusRule): Record<string, string> {
  return {
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    ...(location !== undefined && { location }),
  };
}
