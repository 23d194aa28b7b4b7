import { classify, parseRetryAfter, type StatsigResponse } from './response';

type Received = Extract<StatsigResponse, { kind: 'response' }>;

const nowMs = Date.parse('2026-11-24T12:00:00Z');
const response = (status: number, fields: Partial<Received> = {}): Received => ({
  kind: 'response',
  status,
  body: '',
  isBodyComplete: true,
  ...fields,
});

describe('a response of Statsig', () => {
  it.each([
    ['"success": true', 200, '{"success":true}'],
    ['another 2xx', 202, '{"success":true}'],
    ['an empty body', 200, ''],
    ['no content', 204, ''],
    ['a text', 200, 'OK'],
    ['another JSON body', 200, '{"ok":true}'],
    ['"success" that is not a boolean', 200, '{"success":"false"}'],
    ['null', 200, 'null'],
    ['a body that is not JSON', 200, '<html>'],
  ])('is acceptance: a 2xx with %s', (_what, status, body) => {
    expect(classify(response(status, { body }), nowMs)).toEqual({ kind: 'accepted' });
  });

  it('is acceptance: a 2xx with a body that was cut off', () => {
    const cutOff = response(200, { body: '{"success":fal', isBodyComplete: false });
    expect(classify(cutOff, nowMs)).toEqual({ kind: 'accepted' });
  });

  it.each(['{"success":false}', '\uFEFF{"success": false, "message": "busy"}\r\n'])(
    'is a failure to retry: a 2xx with %j',
    (body) => {
      expect(classify(response(200, { body, retryAfter: '7' }), nowMs)).toEqual({
        kind: 'retry',
        reason: 'statsig_success_false',
        detail: `Statsig responded with 200: ${body}`,
        ambiguous: false,
        retryAfterMs: 7_000,
      });
    },
  );

  it.each([400, 409, 413, 414, 422, 431])('rejects the request for its content: %d', (status) => {
    expect(classify(response(status, { body: 'why' }), nowMs)).toEqual({
      kind: 'reject',
      reason: `statsig_${status}`,
      detail: `Statsig responded with ${status}: why`,
    });
  });

  it.each([401, 402, 403, 404, 405, 406, 407, 410, 411, 412, 415, 416, 417, 421, 426, 428, 451])(
    'suspends the integration: %d',
    (status) => {
      expect(classify(response(status, { body: 'why' }), nowMs)).toEqual({
        kind: 'suspend',
        reason: `statsig_${status}`,
        detail: `Statsig responded with ${status}: why`,
      });
    },
  );

  it.each([300, 301, 302, 303, 304, 307, 308])(
    'suspends the integration, with the location: %d',
    (status) => {
      const location = 'https://statsig.example/new';
      expect(classify(response(status, { location, body: '<html>' }), nowMs)).toEqual({
        kind: 'suspend',
        reason: `statsig_${status}`,
        detail: `Statsig responded with ${status}, a redirect to ${location}`,
      });
    },
  );

  it.each([
    [425, false],
    [429, false],
    [500, false],
    [501, false],
    [503, false],
    [521, false],
    [408, true],
    [502, true],
    [504, true],
    [520, true],
    [522, true],
    [524, true],
    [599, true],
  ])('is a failure to retry: %d, ambiguous: %s', (status, ambiguous) => {
    expect(classify(response(status), nowMs)).toEqual({
      kind: 'retry',
      reason: `statsig_${status}`,
      detail: `Statsig responded with ${status}`,
      ambiguous,
    });
  });

  it.each([418, 420, 423, 424, 444, 499])(
    'is a failure to retry, because it may concern one event or all: %d',
    (status) => {
      expect(classify(response(status), nowMs)).toMatchObject({ kind: 'retry', ambiguous: false });
    },
  );

  it('keeps its status if the body is incomplete', () => {
    const incomplete = { isBodyComplete: false, body: 'x'.repeat(1_000), retryAfter: '3' };
    expect(classify(response(401, incomplete), nowMs)).toMatchObject({ kind: 'suspend' });
    expect(classify(response(400, incomplete), nowMs)).toMatchObject({ kind: 'reject' });
    expect(classify(response(429, incomplete), nowMs)).toMatchObject({
      kind: 'retry',
      ambiguous: false,
      retryAfterMs: 3_000,
    });
  });

  it('is quoted with 500 characters at most', () => {
    const long = 'x'.repeat(1_000);
    const quoted = [
      classify(response(401, { body: long }), nowMs),
      classify(response(301, { location: long, body: long }), nowMs),
      classify(response(200, { body: `{"success":false,"message":"${long}"}` }), nowMs),
      classify({ kind: 'no_response', code: 'x', message: long, mayHaveBeenSent: false }, nowMs),
    ].map((verdict) => ('detail' in verdict ? verdict.detail.length : NaN));
    expect(Math.max(...quoted)).toBeLessThan(560);
  });

  it.each([
    ['120', 120_000],
    ['0.5', 500],
    ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('asks to wait with Retry-After: %s', (retryAfter, waitMs) => {
    expect(parseRetryAfter(retryAfter, nowMs)).toBe(waitMs);
    const verdict = classify(response(429, retryAfter === undefined ? {} : { retryAfter }), nowMs);
    expect(verdict.kind === 'retry' ? verdict.retryAfterMs : NaN).toBe(waitMs);
  });
});

describe('a request without a response', () => {
  it.each([true, false])('is retried; ambiguous if it may have been sent: %s', (mayHaveBeenSent) => {
    const failure = { kind: 'no_response', code: 'econnreset', message: 'why', mayHaveBeenSent } as const;
    expect(classify(failure, nowMs)).toEqual({
      kind: 'retry',
      reason: 'statsig_econnreset',
      detail: 'why',
      ambiguous: mayHaveBeenSent,
    });
  });
});
