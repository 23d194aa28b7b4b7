import { KafkaUnavailableError, rootCause } from './kafka-errors';
import { type KafkaOperation } from './permissions';

/** What an app requested of Kafka: an operation on a topic, on a group, or on both. */
export interface KafkaRequest {
  operation: KafkaOperation;
  topic?: string;
  group?: string;
}

/**
 * Kafka denied the user a permission, or may have. Retry later: it can be granted at any time. The message names the permission, which
 * kafkajs does not.
 */
export class PermissionDeniedError extends KafkaUnavailableError {
  override readonly name = 'PermissionDeniedError';

  /** @param explain returns the message without the reference to the docs, for this description of the user */
  constructor(
    private readonly explain: (user: string) => string,
    user: string | undefined,
    cause: unknown,
  ) {
    const problem = explain(user === undefined ? 'the user of this app' : `the user ${user}`);
    super(`${problem} docs/connections.md lists the permissions of each app.`, { cause });
  }

  withUser(user: string | undefined): PermissionDeniedError {
    return new PermissionDeniedError(this.explain, user, this.cause);
  }
}

/**
 * Explains a failed request. Undefined if a missing permission was not the cause.
 *
 * @param user undefined if unknown
 */
export function permissionDenied(
  error: unknown,
  { operation, topic = '(unknown)', group = '(unknown)' }: KafkaRequest,
  user?: string,
): PermissionDeniedError | undefined {
  const cause = rootCause(error);
  const denied = (resource: string): PermissionDeniedError =>
    new PermissionDeniedError(
      (who) => `Kafka denied ${who} ${operation} on ${resource} (${String(cause.type)}).`,
      user,
      cause,
    );
  switch (cause.type) {
    case 'TOPIC_AUTHORIZATION_FAILED':
      return denied(`the topic ${topic}`);
    case 'GROUP_AUTHORIZATION_FAILED':
      return denied(`the group ${group}`);
    case 'CLUSTER_AUTHORIZATION_FAILED':
      return denied('the cluster');
    case undefined:
      break;
  }
  // kafkajs hides the cause.
  if (cause.name !== 'KafkaJSGroupCoordinatorNotFound') return undefined;
  return new PermissionDeniedError(
    (who) => `The brokers cannot be reached, or Kafka denied ${who} ${operation} on the group ${group}.`,
    user,
    cause,
  );
}

/** Sends a request. Rejects with {@link PermissionDeniedError} if Kafka denied it. */
export async function authorized<T>(request: KafkaRequest, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw permissionDenied(error, request) ?? error;
  }
}
