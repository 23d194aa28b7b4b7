import { KafkaJSNumberOfRetriesExceeded } from 'kafkajs';
import { kafkaError } from '../test/fake-kafka';
import { isKafkaUnavailable, rootCause } from './kafka-errors';
import { authorized, permissionDenied } from './permission-denied';

const request = { operation: 'Read', topic: 'events', group: 'mapper' } as const;

describe('permissionDenied', () => {
  it.each([
    [
      'TOPIC_AUTHORIZATION_FAILED',
      'denied the user app Read on the topic events (TOPIC_AUTHORIZATION_FAILED).',
    ],
    [
      'GROUP_AUTHORIZATION_FAILED',
      'denied the user app Read on the group mapper (GROUP_AUTHORIZATION_FAILED).',
    ],
    [
      'CLUSTER_AUTHORIZATION_FAILED',
      'denied the user app Read on the cluster (CLUSTER_AUTHORIZATION_FAILED).',
    ],
  ])('of %s names the operation, the resource and the user', (type, message) => {
    const error = new KafkaJSNumberOfRetriesExceeded(kafkaError(type), { retryCount: 0, retryTime: 300 });
    expect(permissionDenied(error, request, 'app')?.message).toContain(message);
  });

  it('finds the cause in the error of a topic creation, whose message does not contain it', () => {
    const error = Object.assign(new Error('Topic creation errors'), {
      name: 'KafkaJSAggregateError',
      errors: [kafkaError('TOPIC_AUTHORIZATION_FAILED')],
    });
    expect(permissionDenied(error, { operation: 'Create', topic: 'events' })?.message).toContain(
      'denied the user of this app Create on the topic events',
    );
  });

  it('of a missing group coordinator names both causes, because kafkajs hides which one it is', () => {
    const error = Object.assign(new Error('Failed to find group coordinator'), {
      name: 'KafkaJSGroupCoordinatorNotFound',
    });
    expect(permissionDenied(error, request)?.message).toContain(
      'The brokers cannot be reached, or Kafka denied the user of this app Read on the group mapper.',
    );
  });

  it('is undefined for other errors', () => {
    expect(permissionDenied(kafkaError('LEADER_NOT_AVAILABLE'), request)).toBeUndefined();
    expect(permissionDenied(new Error('connection refused'), request)).toBeUndefined();
  });
});

describe('authorized', () => {
  it('rejects with an error that counts as unavailable, so that the caller retries', async () => {
    const cause = kafkaError('TOPIC_AUTHORIZATION_FAILED');
    const error: unknown = await authorized(request, () => Promise.reject(cause)).catch(
      (reason: unknown) => reason,
    );
    expect(isKafkaUnavailable(error)).toBe(true);
    expect(rootCause(error).type).toBe('TOPIC_AUTHORIZATION_FAILED');
  });

  it('passes on other errors and results', async () => {
    const error = new Error('connection refused');
    await expect(authorized(request, () => Promise.reject(error))).rejects.toBe(error);
    await expect(authorized(request, () => Promise.resolve(1))).resolves.toBe(1);
  });
});
