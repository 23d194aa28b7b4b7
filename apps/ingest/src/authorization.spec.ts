import { AuthorizationIndex, type WebhookCredentials } from '@app/integrations';
import { admit, type RequestHead } from './authorization';

const projects: Record<string, WebhookCredentials> = {
  default: { authorizations: ['Bearer new', 'Bearer old'], signingSecrets: [] },
  shop: { authorizations: ['Basic a,b'], signingSecrets: [] },
  signed: { authorizations: [], signingSecrets: ['s'] },
};

const endpoints = {
  find: (projectId: string) => projects[projectId],
  projectsOf: (authorization: string) =>
    new AuthorizationIndex(Object.entries(projects)).projectsOf(authorization),
  isAbsent: (projectId: string) => projectId !== 'unread',
};

const admitted = (head: Partial<RequestHead>) =>
  admit(
    {
      projectId: undefined,
      queriedProject: undefined,
      headerProject: undefined,
      authorization: undefined,
      ...head,
    },
    'default',
    endpoints,
  );

describe('a webhook', () => {
  it.each([
    ['the newest value', { authorization: 'Bearer new' }, 'default'],
    ['the value before it', { authorization: 'Bearer old' }, 'default'],
    ['a value with a comma', { projectId: 'shop', authorization: 'Basic a,b' }, 'shop'],
    [
      'a header that names the same project',
      { headerProject: 'default', authorization: 'Bearer new' },
      'default',
    ],
    [
      'a header that names a project other than the URL does',
      { projectId: 'shop', headerProject: 'default', authorization: 'Basic a,b' },
      'shop',
    ],
    ['no value if only a signature is needed', { projectId: 'signed' }, 'signed'],
  ])('is admitted with %s', (_with, head, projectId) => {
    expect(admitted(head)).toMatchObject({ kind: 'admitted', projectId });
  });

  it.each([
    ['no value', {}, 401, 'no Authorization header', 'enter the Authorization value'],
    [
      'a wrong value',
      { authorization: 'Bearer guess' },
      401,
      'Enter its value',
      '12 characters; the expected one has 10',
    ],
    [
      'a value in another case',
      { authorization: 'bearer new' },
      401,
      'Enter its value',
      'upper and lower case',
    ],
    [
      'a value without its prefix',
      { authorization: 'new' },
      401,
      'Enter its value',
      'lacks the expected prefix',
    ],
    ['a value in quotes', { authorization: '"Bearer new"' }, 401, 'Enter its value', 'quotes or spaces'],
    ['a part of a value', { projectId: 'shop', authorization: 'b' }, 401, 'Enter its value', ''],
    [
      'the value of another project',
      { projectId: 'shop', authorization: 'Bearer new' },
      401,
      'project "default", whose URL is /v1/projects/default/webhooks/revenuecat',
      'mixed up',
    ],
    [
      'an unknown project',
      { projectId: 'absent', authorization: 'x' },
      404,
      '/v1/projects/<project id>/',
      '',
    ],
    [
      'a project in another case',
      { projectId: 'SHOP', authorization: 'Basic a,b' },
      404,
      'whose URL is /v1/projects/shop/webhooks/revenuecat',
      'shop',
    ],
    ['a project in the query', { queriedProject: 'shop' }, 400, '/v1/projects/shop/webhooks/revenuecat', ''],
    [
      'an empty project in the query',
      { queriedProject: '', authorization: 'Bearer new' },
      400,
      '/v1/projects/<project id>/webhooks/revenuecat',
      '',
    ],
    [
      'another project in a header',
      { headerProject: 'shop', authorization: 'Bearer new' },
      400,
      '/v1/projects/shop/webhooks/revenuecat',
      '',
    ],
    [
      'a project in the query that is truncated within a surrogate pair',
      { queriedProject: `${'a'.repeat(63)}\u{1f600}` },
      400,
      `/v1/projects/${'a'.repeat(63)}%EF%BF%BD/webhooks/revenuecat`,
      '',
    ],
    [
      'a value that is longer than any credential',
      { authorization: 'Bearer new'.repeat(1_600) },
      401,
      'Enter its value',
      '16000 characters; the expected one has 10',
    ],
    [
      'a project whose credentials have not been read yet',
      { projectId: 'unread' },
      503,
      'Send the event again',
      '',
    ],
  ])('is rejected for %s', (_why, head, status, said, forOperator) => {
    const rejected = admitted(head);
    expect(rejected).toMatchObject({ kind: 'rejected', problem: { status } });
    if (rejected.kind !== 'rejected') return;
    expect(rejected.problem.detail).toContain(said);
    expect(rejected.forOperator ?? '').toContain(forOperator);
    for (const secret of ['Bearer new', 'Basic a,b', 'guess']) {
      expect(`${rejected.problem.detail} ${rejected.forOperator ?? ''}`).not.toContain(secret);
    }
  });
});
