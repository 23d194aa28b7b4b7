import { projectIdSchema, unknownProject } from './integration';

describe('a project id', () => {
  it.each(['shop', 'Shop_2-a', 'x'.repeat(64)])('may be %s', (id) => {
    expect(projectIdSchema.parse(id)).toBe(id);
  });

  it.each(['', 'a b', 'a/b', 'x'.repeat(65), unknownProject])('must not be %j', (id) => {
    expect(projectIdSchema.safeParse(id).success).toBe(false);
  });
});
