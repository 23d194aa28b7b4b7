import { STATUS_CODES } from 'node:http';
import { type EndpointResponse, nextStep } from './endpoint-response';

const nowMs = Date.UTC(2026, 0, 1);
const response = (status: number, retryAfter?: string): EndpointResponse => ({
  kind: 'response',
  status,
  title: STATUS_CODES[status] ?? '',
  detail: 'The event has no "id".',
  retryAfter,
});
const step = (given: EndpointResponse, attempt = 1) => nextStep(given, attempt, 3, nowMs);

describe('the step after an attempt', () => {
  it('is done with 200 only, as for RevenueCat', () => {
    expect(step(response(200))).toEqual({ kind: 'accepted' });
    expect(step(response(204))).toMatchObject({ kind: 'rejected' });
  });

  it('sends an event again after the time in Retry-After', () => {
    expect(step(response(503, '5'))).toEqual({ kind: 'resend', waitMs: 5_000 });
    expect(step(response(503, new Date(nowMs + 7_000).toUTCString()))).toEqual({
      kind: 'resend',
      waitMs: 7_000,
    });
    expect(step(response(429, '86400'))).toEqual({ kind: 'resend', waitMs: 300_000 });
  });

  it('waits twice as long after each attempt without Retry-After', () => {
    expect([1, 2].map((attempt) => step(response(503, 'soon'), attempt))).toEqual([
      { kind: 'resend', waitMs: 1_000 },
      { kind: 'resend', waitMs: 2_000 },
    ]);
    expect(step({ kind: 'failed', code: 'ECONNRESET' })).toEqual({ kind: 'resend', waitMs: 1_000 });
  });

  it('gives up after the last attempt, with the reason', () => {
    expect(step(response(503, '5'), 3)).toMatchObject({
      kind: 'rejected',
      reason: '503 Service Unavailable',
    });
    expect(step({ kind: 'failed', code: 'ECONNRESET' }, 3)).toMatchObject({
      kind: 'rejected',
      reason: 'ECONNRESET',
    });
  });

  it('does not send an event again that the endpoint rejects', () => {
    expect(step(response(400))).toEqual({
      kind: 'rejected',
      reason: '400 Bad Request',
      detail: 'The event has no "id".',
    });
  });
});
