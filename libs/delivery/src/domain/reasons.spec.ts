import { explainReason, reasonExplanations } from './reasons';

describe('a reason code', () => {
  it('has a meaning and a remedy, whichever app produces it', () => {
    for (const [reason, { meaning, remedy }] of Object.entries(reasonExplanations)) {
      expect(explainReason(reason)).toEqual({ meaning, remedy });
      for (const text of [meaning, remedy]) expect(text).toMatch(/^[A-Z].*\.$/s);
    }
  });

  it.each([
    ['statsig_401', /secret key/],
    ['statsig_307', /redirect/],
    ['statsig_404', /address/],
    ['statsig_413', /larger/],
    ['statsig_422', /rejected the content/],
    ['statsig_429', /too many requests/],
    ['statsig_418', /rejects the request/],
    ['statsig_503', /failed/],
    ['statsig_success_false', /"success": false/],
    ['statsig_timeout', /no response/],
  ])('of Statsig is explained: %s', (reason, meaning) => {
    expect(explainReason(reason)?.meaning).toMatch(meaning);
  });

  it.each(['', 'constructor', 'of_another_version'])(
    'that is not known has no explanation: "%s"',
    (reason) => {
      expect(explainReason(reason)).toBeUndefined();
    },
  );
});
