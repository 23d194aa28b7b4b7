import {
  AuthorizationIndex,
  generateAuthorization,
  webhookCredentialsSchema,
  withNewest,
  withoutNewest,
  withoutPrevious,
} from './webhook-credentials';

const of = (authorizations: string[], signingSecrets: string[] = []) => ({ authorizations, signingSecrets });

describe('webhook credentials', () => {
  it('keep the previous value in addition to a new one, until either is retired', () => {
    const both = withNewest(of(['first'], ['s']), 'authorizations', 'second');
    expect(both).toEqual(of(['second', 'first'], ['s']));
    expect(withoutPrevious(both, 'authorizations')).toEqual(of(['second'], ['s']));
    expect(withoutNewest(both, 'authorizations')).toEqual(of(['first'], ['s']));
  });

  it('contain a value once, even if it is entered again', () => {
    expect(withNewest(of(['second', 'first']), 'authorizations', 'first')).toEqual(of(['first', 'second']));
  });

  it.each(['Bearer generated', 'a, b: "c"', '!', generateAuthorization()])('accept %p', (value) => {
    expect(webhookCredentialsSchema.safeParse(of([value])).success).toBe(true);
  });

  it.each([
    ['neither a value nor a secret', of([])],
    ['three values', of(['a', 'b', 'c'])],
    ['a line break', of(['a\r\nb'])],
    ['leading or trailing spaces', of(['a '])],
    ['non-ASCII letters', of(['ä'])],
    ['an empty secret', of([], [' '])],
  ])('reject %s', (_what, credentials) => {
    expect(webhookCredentialsSchema.safeParse(credentials).success).toBe(false);
  });

  it('are found by any valid Authorization value, and by nothing else', () => {
    const longest = 'x'.repeat(1_024);
    const index = new AuthorizationIndex([
      ['shop', of(['new', 'old'], ['secret'])],
      ['twin', of(['new'])],
      ['long', of([longest])],
      ['signed', of([], ['secret'])],
    ]);
    expect(index.projectsOf('new')).toEqual(['shop', 'twin']);
    expect(index.projectsOf('old')).toEqual(['shop']);
    expect(index.projectsOf(longest)).toEqual(['long']);
    for (const value of ['', 'New', 'secret', `${longest}x`]) expect(index.projectsOf(value)).toEqual([]);
  });
});
