import { equalSecrets, type WebhookCredentials, webhookPath } from '@app/integrations';
import { rejection, type Rejection, retryAfter } from './rejection';

/** The current credentials of each project. */
export interface Endpoints {
  find: (projectId: string) => WebhookCredentials | undefined;
  /** The projects for which this Authorization value is valid. */
  projectsOf: (authorization: string) => readonly string[];
  /** False while it is not known whether the project has credentials. */
  isAbsent: (projectId: string) => boolean;
}

export interface RequestHead {
  /** From the URL; undefined if it does not name one. */
  projectId: string | undefined;
  /** From a query such as `?project=…`, which is not a valid way to name a project. */
  queriedProject: string | undefined;
  /** From the header `project-id`, which names the project of a Kafka record, but not of a webhook. */
  headerProject: string | undefined;
  authorization: string | undefined;
}

/** The project of a URL, or the default; undefined if the project does not exist. */
export function knownProject(
  projectId: string | undefined,
  { defaultProjectId, endpoints }: { defaultProjectId: string; endpoints: Endpoints },
): string | undefined {
  const named = projectId ?? defaultProjectId;
  return endpoints.find(named) && named;
}

export type Admission = { kind: 'admitted'; projectId: string; credentials: WebhookCredentials } | Rejection;

/** Decides by the URL and the Authorization header alone, before any of the body is read. */
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

function wrongPlace(projectId: string): Rejection {
  const named = encodeURIComponent(projectId.slice(0, 64).toWellFormed());
  const path = webhookPath(named === '' ? '<project id>' : named);
  return rejection('wrong_url', {
    status: 400,
    detail: `The project belongs in the path of the URL. Send webhooks to POST ${path}.`,
  });
}

function ownersOf(authorization: string | undefined, endpoints: Endpoints): readonly string[] {
  return authorization === undefined ? [] : endpoints.projectsOf(authorization);
}

function withoutCredentials(projectId: string, head: RequestHead, endpoints: Endpoints): Rejection {
  if (!endpoints.isAbsent(projectId)) {
    return rejection('unavailable', {
      status: 503,
      detail: 'The credentials of this project cannot be read now. Send the event again.',
      retryAfter,
    });
  }
  const [owner] = ownersOf(head.authorization, endpoints);
  return rejection(
    'unknown_project',
    {
      status: 404,
      detail:
        owner === undefined
          ? `Project "${projectId}" has no webhook here. The URL of a project is ${webhookPath('<project id>')}; the console shows it with the credentials.`
          : belongsTo(owner),
    },
    owner === undefined ? undefined : `The credential belongs to project "${owner}".`,
  );
}

function unauthorized(
  projectId: string,
  { authorization }: RequestHead,
  { authorizations }: WebhookCredentials,
  owner: string | undefined,
): Rejection {
  const [expected = ''] = authorizations;
  const detail =
    authorization === undefined
      ? `The request has no Authorization header. Send the Authorization value of project "${projectId}".`
      : owner === undefined
        ? `The Authorization value is not that of project "${projectId}". Enter its value in RevenueCat, or replace it if nobody knows it.`
        : belongsTo(owner);
  return rejection(
    'unauthorized',
    { status: 401, detail },
    authorization === undefined
      ? "In RevenueCat's dashboard, enter the Authorization value of the project."
      : owner === undefined
        ? describeDifference(authorization, expected)
        : `The value belongs to project "${owner}": the URL and the value of two projects are mixed up.`,
  );
}

/** The URL of a project may be disclosed to a sender that has its credential. */
function belongsTo(owner: string): string {
  return `This Authorization value belongs to project "${owner}", whose URL is ${webhookPath(owner)}.`;
}

/** How many characters a prefix, quotes and spaces may add. */
const maxComparedExcess = 32;

/** Advice for operators. Reveals only the lengths of both values. */
function describeDifference(given: string, expected: string): string {
  const lengths = `The value has ${String(given.length)} characters; the expected one has ${String(expected.length)}.`;
  // Anyone can send a value that is far longer than any credential, so it is not compared.
  if (given.length > expected.length + maxComparedExcess) return lengths;
  if (equalSecrets(`Bearer ${given}`, expected)) return 'The value lacks the expected prefix "Bearer ".';
  if (equalSecrets(given, `Bearer ${expected}`)) return 'The value has an unexpected prefix "Bearer ".';
  if (equalSecrets(given.toLowerCase(), expected.toLowerCase()))
    return 'The values differ in upper and lower case.';
  if (equalSecrets(given.replaceAll(/["'\s]/g, ''), expected.replaceAll(/["'\s]/g, ''))) {
    return 'The values differ in quotes or spaces.';
  }
  return lengths;
}
