import { equalSecrets, type WebhookCredentials, webhookPath } from '@app/integrations';
import { refusal, type Refusal, retryAfter } from './problem';

/** The credentials of each project, as they are now. */
export interface Endpoints {
  find: (projectId: string) => WebhookCredentials | undefined;
  projectWhere: (fulfils: (credentials: WebhookCredentials) => boolean) => string | undefined;
  /** False while it is not known whether the project has credentials. */
  isAbsent: (projectId: string) => boolean;
}

export interface RequestHead {
  /** From the URL; undefined if it names none. */
  projectId: string | undefined;
  /** The URL has a query such as `?project=…`, which is not a way to name a project. */
  queriedProject: string | undefined;
  authorization: string | undefined;
}

export type Admission = { kind: 'admitted'; projectId: string; credentials: WebhookCredentials } | Refusal;

/** Decides by the URL and the Authorization header alone, before a byte of the body is read. */
export function admit(head: RequestHead, defaultProjectId: string, endpoints: Endpoints): Admission {
  if (head.queriedProject !== undefined) {
    return refusal('wrong_url', {
      status: 400,
      title: 'Wrong URL',
      detail: `The project belongs in the path: POST ${webhookPath(encodeURIComponent(head.queriedProject.slice(0, 64)))}.`,
    });
  }
  const projectId = head.projectId ?? defaultProjectId;
  const credentials = endpoints.find(projectId);
  if (credentials === undefined) return withoutCredentials(projectId, head, endpoints);
  if (isAuthorized(credentials, head.authorization)) return { kind: 'admitted', projectId, credentials };
  return unauthorized(projectId, head, credentials, endpoints);
}

/** RevenueCat sends the value from its dashboard verbatim (https://www.revenuecat.com/docs/integrations/webhooks). */
function isAuthorized({ authorizations }: WebhookCredentials, given: string | undefined): boolean {
  if (authorizations.length === 0) return true;
  // Every value is compared, so that the time taken does not show which one is near.
  return (
    authorizations.map((value) => equalSecrets(value, given ?? '')).includes(true) && given !== undefined
  );
}

function withoutCredentials(projectId: string, head: RequestHead, endpoints: Endpoints): Refusal {
  if (!endpoints.isAbsent(projectId)) {
    return refusal('unavailable', {
      status: 503,
      title: 'Credentials unavailable',
      detail: 'The credentials of this project cannot be read now. Send the event again.',
      retryAfter,
    });
  }
  const owner = ownerOf(head.authorization, endpoints);
  return refusal(
    'unknown_project',
    {
      status: 404,
      title: 'No such project',
      detail:
        owner === undefined
          ? `No project "${projectId}" has a webhook here. The URL of a project is ${webhookPath('<project id>')}; the console shows it beside the credentials.`
          : belongsTo(owner),
    },
    owner === undefined ? undefined : `The credential is that of project "${owner}".`,
  );
}

function unauthorized(
  projectId: string,
  { authorization }: RequestHead,
  { authorizations }: WebhookCredentials,
  endpoints: Endpoints,
): Refusal {
  const owner = ownerOf(authorization, endpoints);
  const [expected = ''] = authorizations;
  const detail =
    authorization === undefined
      ? `The request has no Authorization header; project "${projectId}" needs one.`
      : owner === undefined
        ? `The Authorization value is not that of project "${projectId}". Compare it with the one in the console, character by character.`
        : belongsTo(owner);
  return refusal(
    'unauthorized',
    { status: 401, title: 'Unauthorized', detail },
    authorization === undefined
      ? 'In RevenueCat’s dashboard, enter the Authorization value that the console shows.'
      : owner === undefined
        ? difference(authorization, expected)
        : `The value is that of project "${owner}": the URL and the value of two projects are mixed up.`,
  );
}

/** Whoever has a project's credential may know the project's URL. */
function belongsTo(owner: string): string {
  return `This Authorization value is that of project "${owner}", whose URL is ${webhookPath(owner)}.`;
}

function ownerOf(authorization: string | undefined, endpoints: Endpoints): string | undefined {
  if (authorization === undefined) return undefined;
  return endpoints.projectWhere(
    (credentials) => credentials.authorizations.length > 0 && isAuthorized(credentials, authorization),
  );
}

/** What an operator should look at. Shows nothing of either value but its length. */
function difference(given: string, expected: string): string {
  if (equalSecrets(`Bearer ${given}`, expected))
    return 'The value lacks the prefix "Bearer " that is expected.';
  if (equalSecrets(given, `Bearer ${expected}`))
    return 'The value has a prefix "Bearer " that is not expected.';
  if (equalSecrets(given.toLowerCase(), expected.toLowerCase()))
    return 'The values differ in upper and lower case.';
  if (equalSecrets(given.replaceAll(/["'\s]/g, ''), expected.replaceAll(/["'\s]/g, ''))) {
    return 'The values differ in quotes or spaces.';
  }
  return `The value has ${String(given.length)} characters; the expected one has ${String(expected.length)}.`;
}
