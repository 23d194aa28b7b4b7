import { type Answer, classify, parseRetryAfter } from './answer';

const nowMs = Date.parse('2026-11-24T12:00:00Z');
const response = (status: number, body = '', retryAfter?: string): Answer => ({
  kind: 'response',
  status,
  body,
  ...(retryAfter !== undefined && { retryAfter }),
});

describe('an answer of Statsig', () => {
  it.each([200, 202])('is a success for %s with "success": true', (status) => {
    expect(classify(response(status, '{"success":true}'), nowMs)).toEqual({ kind: 'accepted' });
  });

  it.each([
    ['says "success": false', '{"success":false}', false],
    ['says nothing of success', '{}', true],
    ['is empty', '', true],
    ['cannot be read', '<html>', true],
    ['is null', 'null', true],
  ])('is no success where a 200 %s', (_what, body, ambiguous) => {
    expect(classify(response(200, body), nowMs)).toMatchObject({ kind: 'retry', ambiguous });
  });

  it.each([400, 413, 422])('refuses the event for %s', (status) => {
    expect(classify(response(status, 'why'), nowMs)).toMatchObject({
      kind: 'reject',
      reason: `statsig_${String(status)}`,
      detail: expect.stringContaining('why') as unknown,
    });
  });

  it.each([401, 403, 404])('refuses the integration for %s', (status) => {
    expect(classify(response(status), nowMs)).toMatchObject({ kind: 'suspend' });
  });

  it.each([
    [429, false],
    [500, false],
    [503, false],
    [408, true],
    [502, true],
    [504, true],
  ])('is tried again for %s', (status, ambiguous) => {
    expect(classify(response(status), nowMs)).toMatchObject({ kind: 'retry', ambiguous });
  });

  it('may have been lost on its way back, or the request on its way there', () => {
    const lost = { kind: 'no_response', code: 'ECONNRESET', message: '' } as const;
    expect(classify({ ...lost, wasSent: true }, nowMs)).toMatchObject({ kind: 'retry', ambiguous: true });
    expect(classify({ ...lost, wasSent: false }, nowMs)).toMatchObject({ kind: 'retry', ambiguous: false });
  });

  it.each([
    ['120', 120_000],
    ['0.5', 500],
    ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('asks to wait with Retry-After: %s', (text, waitMs) => {
    expect(parseRetryAfter(text, nowMs)).toBe(waitMs);
    const verdict = classify(response(429, '', text), nowMs);
    expect(verdict.kind === 'retry' ? verdict.retryAfterMs : NaN).toBe(waitMs);
  });
});
