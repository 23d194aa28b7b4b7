import {
  generateAuthorization,
  webhookCredentialsSchema,
  withNewest,
  withoutNewest,
  withoutPrevious,
} from './webhook-credentials';

const of = (authorizations: string[], signingSecrets: string[] = []) => ({ authorizations, signingSecrets });

describe('webhook credentials', () => {
  it('keep the previous value beside a new one, until either is retired', () => {
    const both = withNewest(of(['first'], ['s']), 'authorizations', 'second');
    expect(both).toEqual(of(['second', 'first'], ['s']));
    expect(withoutPrevious(both, 'authorizations')).toEqual(of(['second'], ['s']));
    expect(withoutNewest(both, 'authorizations')).toEqual(of(['first'], ['s']));
  });

  it('have a value once, whichever was entered again', () => {
    expect(withNewest(of(['second', 'first']), 'authorizations', 'first')).toEqual(of(['first', 'second']));
  });

  it.each(['Bearer generated', 'a, b: "c"', '!', generateAuthorization()])('accept %p', (value) => {
    expect(webhookCredentialsSchema.safeParse(of([value])).success).toBe(true);
  });

  it.each([
    ['neither a value nor a secret', of([])],
    ['three values', of(['a', 'b', 'c'])],
    ['a line break', of(['a\r\nb'])],
    ['spaces at an end', of(['a '])],
    ['letters beyond ASCII', of(['ä'])],
    ['an empty secret', of([], [' '])],
  ])('reject %s', (_what, credentials) => {
    expect(webhookCredentialsSchema.safeParse(credentials).success).toBe(false);
  });
});
