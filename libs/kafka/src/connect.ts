import { type ConnectionOptions } from 'node:tls';
import { type Logger } from '@app/platform';
import { Kafka, type KafkaConfig as ClientConfig, logLevel } from 'kafkajs';
import { registerCodecs } from './codecs';
import './idle-connections';
import { type KafkaConfig } from './kafka-config';
import { kafkaSecurity } from './kafka-security';

/**
 * The Kafka client of a process. Each of its producers, consumers and admins has its own connections, and tries the bootstrap
 * brokers in a new random order: kafkajs would always try the first one, even if it is down.
 */
export class KafkaClient extends Kafka {
  constructor(private readonly config: ClientConfig) {
    super(config);
  }

  /**
   * A client with short timeouts. The caller retries with a new producer: kafkajs does not refresh its metadata after a
   * timeout, and would send all its retries to the broker that does not respond.
   */
  forProducing(): KafkaClient {
    return new KafkaClient({
      ...this.config,
      connectionTimeout: 2_000,
      requestTimeout: produceTimeoutMs,
      retry: { retries: 1 },
    });
  }

  get saslMechanism(): string | undefined {
    return this.config.sasl?.mechanism;
  }

  /** Undefined if the brokers derive it from a token or certificate. */
  get user(): string | undefined {
    const { sasl } = this.config;
    return sasl !== undefined && 'username' in sasl ? sasl.username : undefined;
  }

  /** False if the brokers do not use TLS. */
  get tls(): ConnectionOptions | false {
    const { ssl = false } = this.config;
    return ssl === true ? {} : ssl;
  }
}

/** Timeout of one produce request, for brokers and clients. */
export const produceTimeoutMs = 5_000;

/** Creates the client of a process. kafkajs logs through the process's logger. Throws ConfigError. */
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

/** Connection failures are logged once by the code that connects; kafkajs would log each attempt several times. */
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
