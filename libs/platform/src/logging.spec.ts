import { loggedError } from './logging';

describe('an error in a log', () => {
  it('has its message, code, stack and causes, but no properties that a library added', () => {
    const inner = Object.assign(new Error('WRONGPASS invalid username-password pair'), {
      code: 'WRONGPASS',
      command: { name: 'hello', args: ['3', 'AUTH', 'app', 'redis-password'] },
    });
    const error = new AggregateError([inner], 'Redis unavailable', { cause: inner });
    const logged = loggedError(error);
    expect(logged).toMatchObject({
      type: 'AggregateError',
      message: 'Redis unavailable',
      cause: { message: inner.message, code: 'WRONGPASS' },
      errors: [{ message: inner.message }],
    });
    expect(logged.stack).toContain('logging.spec');
    expect(JSON.stringify(logged)).not.toContain('redis-password');
  });

  it('does not quote text that is not JSON', () => {
    const parsing = (): unknown => JSON.parse('{"email":anna@example.com}');
    let thrown: unknown;
    try {
      parsing();
    } catch (error) {
      thrown = error;
    }
    const logged = loggedError(new Error('failed to read settings', { cause: thrown }));
    expect(logged.cause).toMatchObject({ type: 'SyntaxError', message: 'invalid JSON' });
    expect(logged.cause?.stack).toContain('logging.spec');
    expect(JSON.stringify(logged)).not.toContain('anna');
  });

  it('is finite if its causes are circular', () => {
    const error = new Error('first');
    error.cause = error;
    expect(JSON.stringify(loggedError(error))).toContain('first');
  });

  it('supports any thrown value', () => {
    expect(loggedError('text')).toEqual({ type: 'string', message: 'text' });
  });
});
