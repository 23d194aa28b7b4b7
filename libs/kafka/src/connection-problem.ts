import { tlsFailure } from '@app/platform';
import { rootCause } from './kafka-errors';
import { tlsPeer } from './kafka-security';
import { OAuthTokenError } from './oauth-token-provider';

/**
 * Explains why Kafka cannot be reached, and which settings to check if they are the cause. Contains no secret.
 *
 * @param mechanism SASL mechanism, if any
 */
export function connectionProblem(error: unknown, mechanism?: string): string {
  const cause = rootCause(error) as Error & { code?: unknown; type?: string };
  const { name, message, type } = cause;
  if (cause instanceof OAuthTokenError) return message;
  if (type === 'ILLEGAL_SASL_STATE' || message.includes('mechanism is not supported'))
    return 'Kafka does not offer this SASL mechanism. Check KAFKA_SASL_MECHANISM and the port in KAFKA_BROKERS.';
  if (name === 'KafkaJSSASLAuthenticationError')
    return 'Kafka rejected the credentials. Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.';
  // kafkajs hides the cause.
  if (name === 'KafkaJSBrokerNotFound' && mechanism === 'oauthbearer')
    return 'Kafka cannot be reached, or rejected the token. Check what the brokers expect of a token.';
  if (name === 'KafkaJSConnectionClosedError' || cause.code === 'ECONNRESET')
    return 'Kafka closed the connection. Check whether KAFKA_SSL and KAFKA_SASL_MECHANISM are as the port in KAFKA_BROKERS requires.';
  return tlsFailure(cause, tlsPeer) ?? 'Kafka cannot be reached';
}
