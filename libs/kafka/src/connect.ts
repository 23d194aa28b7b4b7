import { type Logger } from '@app/platform';
import { Kafka, type KafkaConfig as ClientConfig, logLevel } from 'kafkajs';
import { registerCodecs } from './codecs';
import { type KafkaConfig } from './kafka-config';
import { kafkaSecurity } from './kafka-security';

/**
 * The process's way to Kafka. Each producer, consumer and admin made from it has connections of its own, and resolves the
 * bootstrap brokers anew in random order: kafkajs would always ask the first, whatever its state.
 */
export class KafkaClient extends Kafka {
  constructor(private readonly config: ClientConfig) {
    super(config);
  }

  /**
   * A client that gives up early. Retries are the caller's, who replaces the producer between them: kafkajs does not
   * refresh its metadata after a timeout, and would ask a broker that does not respond for as long as it is configured.
   */
  forProducing(): Kafka {
    return new Kafka({
      ...this.config,
      connectionTimeout: 2_000,
      requestTimeout: produceTimeoutMs,
      retry: { retries: 1 },
    });
  }

  get saslMechanism(): string | undefined {
    return this.config.sasl?.mechanism;
  }
}

/** How long brokers and clients wait for the acknowledgement of one produce request. */
export const produceTimeoutMs = 5_000;

/** One client for a process; kafkajs logs through the process's own logger. Throws ConfigError. */
export function connectKafka(config: KafkaConfig, clientId: string, logger: Logger): KafkaClient {
  registerCodecs();
  return new KafkaClient({
    clientId: config.KAFKA_CLIENT_ID ?? clientId,
    brokers: () => shuffled(config.KAFKA_BROKERS),
    ...kafkaSecurity(config),
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5 },
    logLevel: logLevel.INFO,
    logCreator: () => logTo(logger.child({ component: 'kafkajs' })),
  });
}

function shuffled(brokers: readonly string[]): string[] {
  return brokers
    .map((broker) => ({ broker, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ broker }) => broker);
}

/** Why a connection fails is logged by whoever needs it, once, instead of several times at every attempt. */
const connectionNamespace = /^(Connection|BrokerPool|SaslAuthenticator-.*)$/;

type LogEntry = Parameters<ReturnType<NonNullable<ClientConfig['logCreator']>>>[0];

function logTo(logger: Logger): (entry: LogEntry) => void {
  return ({ level, namespace, log: { message, ...fields } }) => {
    const line = `${namespace}: ${message}`;
    // kafkajs logs every join and leave as "info", and every retried network error as "error".
    const isWarning = level === logLevel.ERROR && !connectionNamespace.test(namespace);
    logger[isWarning ? 'warn' : 'debug'](fields, line);
  };
}
