import { equalSecrets, type WebhookCredentials, webhookPath } from '@app/integrations';
import { refusal, type Refusal, retryAfter } from './problem';

/** The credentials of each project, as they are now. */
export interface Endpoints {
  find: (projectId: string) => WebhookCredentials | undefined;
  /** The projects of which this is a valid Authorization value. */
  projectsOf: (authorization: string) => readonly string[];
  /** False while it is not known whether the project has credentials. */
  isAbsent: (projectId: string) => boolean;
}

export interface RequestHead {
  /** From the URL; undefined if it names none. */
  projectId: string | undefined;
  /** The URL has a query such as `?project=…`, which is not a way to name a project. */
  queriedProject: string | undefined;
  /** The header `project-id`, which names the project of a record in Kafka, and none here. */
  headerProject: string | undefined;
  authorization: string | undefined;
}

/** The project of a URL, or the default; undefined if there is no such project. */
export function knownProject(
  projectId: string | undefined,
  { defaultProjectId, endpoints }: { defaultProjectId: string; endpoints: Endpoints },
): string | undefined {
  const named = projectId ?? defaultProjectId;
  return endpoints.find(named) && named;
}

export type Admission = { kind: 'admitted'; projectId: string; credentials: WebhookCredentials } | Refusal;

/** Decides by the URL and the Authorization header alone, before a byte of the body is read. */
export function admit(head: RequestHead, defaultProjectId: string, endpoints: Endpoints): Admission {
  const isOtherProject = head.projectId === undefined && head.headerProject !== defaultProjectId;
  const misplaced = head.queriedProject ?? (isOtherProject ? head.headerProject : undefined);
  if (misplaced !== undefined) return wrongPlace(misplaced);
  const projectId = head.projectId ?? defaultProjectId;
  const credentials = endpoints.find(projectId);
  if (credentials === undefined) return withoutCredentials(projectId, head, endpoints);
  const admitted: Admission = { kind: 'admitted', projectId, credentials };
  if (credentials.authorizations.length === 0) return admitted;
  // RevenueCat sends the value from its dashboard verbatim (https://www.revenuecat.com/docs/integrations/webhooks).
  const owners = ownersOf(head.authorization, endpoints);
  return owners.includes(projectId) ? admitted : unauthorized(projectId, head, credentials, owners[0]);
}

function wrongPlace(projectId: string): Refusal {
  const path = webhookPath(encodeURIComponent(projectId.slice(0, 64).toWellFormed()));
  return refusal('wrong_url', {
    status: 400,
    title: 'Wrong URL',
    detail: `The project belongs in the path: POST ${path}.`,
  });
}

function ownersOf(authorization: string | undefined, endpoints: Endpoints): readonly string[] {
  return authorization === undefined ? [] : endpoints.projectsOf(authorization);
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
  const [owner] = ownersOf(head.authorization, endpoints);
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
  owner: string | undefined,
): Refusal {
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

/** Characters that a prefix, quotes and spaces may add. */
const maxComparedExcess = 32;

/** What an operator should look at. Shows nothing of either value but its length. */
function difference(given: string, expected: string): string {
  const lengths = `The value has ${String(given.length)} characters; the expected one has ${String(expected.length)}.`;
  // What is far longer than any credential is not compared: anyone can send it.
  if (given.length > expected.length + maxComparedExcess) return lengths;
  if (equalSecrets(`Bearer ${given}`, expected))
    return 'The value lacks the prefix "Bearer " that is expected.';
  if (equalSecrets(given, `Bearer ${expected}`))
    return 'The value has a prefix "Bearer " that is not expected.';
  if (equalSecrets(given.toLowerCase(), expected.toLowerCase()))
    return 'The values differ in upper and lower case.';
  if (equalSecrets(given.replaceAll(/["'\s]/g, ''), expected.replaceAll(/["'\s]/g, ''))) {
    return 'The values differ in quotes or spaces.';
  }
  return lengths;
}
