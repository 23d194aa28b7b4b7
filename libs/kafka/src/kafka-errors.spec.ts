import { type KafkaJSError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import {
  produceFailure,
  type ProduceFailure,
  produceFailureCause,
  type ProduceFailureCause,
  rootCause,
} from './kafka-errors';
import { MissingAcknowledgementError } from './producer-session';

/** An error as kafkajs creates it for a broker's response. Its types do not declare this constructor. */
function brokerError(type: string, isRetriable: boolean): KafkaJSError {
  const error = new KafkaJSProtocolError(new Error(type));
  return Object.assign(error, { type, retriable: isRetriable });
}

function wrapped(cause: Error): KafkaJSNumberOfRetriesExceeded {
  return new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 0, retryTime: 300 });
}

describe('rootCause', () => {
  it('unwraps the error that kafkajs marks as not retriable when its retries are off', () => {
    const cause = brokerError('NOT_LEADER_FOR_PARTITION', true);
    const error = wrapped(cause);
    expect(error.retriable).toBe(false);
    expect(rootCause(error)).toBe(cause);
  });

  it('returns the error itself if it wraps nothing', () => {
    const error = brokerError('MESSAGE_TOO_LARGE', false);
    expect(rootCause(error)).toBe(error);
    expect(rootCause('connection lost')).toMatchObject({ message: 'connection lost' });
  });
});

describe('produceFailure', () => {
  const named = (name: string): Error => Object.assign(new Error(name), { name });

  it.each<[string, Error, ProduceFailure]>([
    ['MESSAGE_TOO_LARGE, which is not wrapped', brokerError('MESSAGE_TOO_LARGE', false), 'rejected'],
    ['RECORD_LIST_TOO_LARGE', brokerError('RECORD_LIST_TOO_LARGE', false), 'rejected'],
    ['INVALID_RECORD', brokerError('INVALID_RECORD', false), 'replace'],
    ['INVALID_TIMESTAMP', brokerError('INVALID_TIMESTAMP', false), 'replace'],
    ['UNKNOWN_TOPIC_OR_PARTITION', wrapped(brokerError('UNKNOWN_TOPIC_OR_PARTITION', true)), 'missing_topic'],
    ['a topic without metadata', wrapped(named('KafkaJSMetadataNotLoaded')), 'missing_topic'],
    ['NOT_LEADER_FOR_PARTITION', wrapped(brokerError('NOT_LEADER_FOR_PARTITION', true)), 'retry'],
    ['LEADER_NOT_AVAILABLE', wrapped(brokerError('LEADER_NOT_AVAILABLE', true)), 'retry'],
    ['NOT_ENOUGH_REPLICAS', wrapped(brokerError('NOT_ENOUGH_REPLICAS', true)), 'retry'],
    ['REQUEST_TIMED_OUT', wrapped(brokerError('REQUEST_TIMED_OUT', true)), 'replace'],
    ['TOPIC_AUTHORIZATION_FAILED', brokerError('TOPIC_AUTHORIZATION_FAILED', false), 'replace'],
    ['a request that timed out', wrapped(named('KafkaJSRequestTimeoutError')), 'replace'],
    ['a connection that closed', wrapped(named('KafkaJSConnectionClosedError')), 'replace'],
    ['an error that is not from Kafka', new TypeError('x is undefined'), 'replace'],
  ])('of %s', (_, error, expected) => {
    expect(produceFailure(rootCause(error))).toBe(expected);
  });
});

describe('produceFailureCause', () => {
  it.each<[Error, ProduceFailureCause]>([
    [brokerError('MESSAGE_TOO_LARGE', false), 'too_large'],
    [brokerError('UNKNOWN_TOPIC_OR_PARTITION', true), 'missing_topic'],
    [brokerError('NOT_ENOUGH_REPLICAS_AFTER_APPEND', true), 'not_enough_replicas'],
    [brokerError('NOT_LEADER_FOR_PARTITION', true), 'no_leader'],
    [brokerError('TOPIC_AUTHORIZATION_FAILED', false), 'unauthorized'],
    [new MissingAcknowledgementError('no acknowledgement'), 'missing_acknowledgement'],
    [new Error('read ECONNRESET'), 'connection'],
  ])('of %s is %s', (error, cause) => {
    expect(produceFailureCause(error)).toBe(cause);
  });
});
