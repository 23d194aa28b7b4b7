import { createProblem, InvalidRequestException, problemOf } from '@app/platform';
import { problemText } from './problem-text';

describe('the text of a problem', () => {
  it('is its detail', () => {
    const problem = createProblem({ status: 404, detail: 'This event does not exist.' });
    expect(problemText(JSON.stringify(problem))).toBe('This event does not exist.');
  });

  it('lists every invalid part of the request', () => {
    const issues = [{ message: 'too short', path: ['privacy', 'salt'] }, { message: 'unknown key "x"' }];
    const problem = problemOf(new InvalidRequestException(issues));
    expect(problemText(JSON.stringify(problem))).toBe('privacy/salt: too short. unknown key "x"');
  });

  it.each(['', '<html>', 'null', '[]', '{"message":"not a problem"}'])('is undefined for %j', (body) => {
    expect(problemText(body)).toBeUndefined();
  });
});
