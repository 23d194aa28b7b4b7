import { KafkaUnavailableError, rootCause } from './kafka-errors';
import { type KafkaOperation } from './permissions';

/** What an app requested of Kafka: an operation on a topic, on a group, or on both. */
export interface KafkaRequest {
  operation: KafkaOperation;
  topic?: string;
  group?: string;
}

/**
 * Kafka denied the user a permission. Retry later: it can be granted at any time. The message names the permission, which
 * kafkajs does not.
 */
export class PermissionDeniedError extends KafkaUnavailableError {
  override readonly name = 'PermissionDeniedError';

  constructor(
    private readonly denied: string,
    user: string | undefined,
    cause: unknown,
  ) {
    const who = user === undefined ? 'the user of this app' : `the user ${user}`;
    super(`Kafka denied ${who} ${denied}. docs/connections.md lists the permissions of each app.`, { cause });
  }

  withUser(user: string | undefined): PermissionDeniedError {
    return new PermissionDeniedError(this.denied, user, this.cause);
  }
}

/**
 * Explains a failed request. Undefined if a missing permission was not the cause.
 *
 * @param user undefined if unknown
 */
export function permissionDenied(
  error: unknown,
  { operation, topic, group }: KafkaRequest,
  user?: string,
): PermissionDeniedError | undefined {
  const cause = rootCause(error);
  const resource = deniedResource(cause.type, topic, group);
  if (resource === undefined) return undefined;
  return new PermissionDeniedError(`${operation} on ${resource} (${cause.type})`, user, cause);
}

function deniedResource(
  type: string | undefined,
  topic: string | undefined,
  group: string | undefined,
): string | undefined {
  switch (type) {
    case 'TOPIC_AUTHORIZATION_FAILED':
      return `the topic ${topic ?? '(unknown)'}`;
    case 'GROUP_AUTHORIZATION_FAILED':
      return `the group ${group ?? '(unknown)'}`;
    case 'CLUSTER_AUTHORIZATION_FAILED':
      return 'the cluster';
    default:
      return undefined;
  }
}

/** Sends a request. Rejects with {@link PermissionDeniedError} if Kafka denied it. */
export async function authorized<T>(request: KafkaRequest, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw permissionDenied(error, request) ?? error;
  }
}
