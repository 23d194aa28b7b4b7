import { type Logger } from '@app/platform';
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { registerCodecs } from './codecs';
import { type KafkaConfig } from './kafka-config';

/** One client for a process; kafkajs logs through the process's own logger. */
export function connectKafka(config: KafkaConfig, clientId: string, logger: Logger): Kafka {
  registerCodecs();
  return new Kafka({
    clientId: config.KAFKA_CLIENT_ID ?? clientId,
    brokers: config.KAFKA_BROKERS,
    ssl: config.KAFKA_SSL,
    sasl: sasl(config),
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5 },
    logLevel: logLevel.INFO,
    logCreator: () => logTo(logger.child({ component: 'kafkajs' })),
  });
}

function sasl(config: KafkaConfig): SASLOptions | undefined {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = config;
  if (mechanism === undefined || username === undefined || password === undefined) return undefined;
  return { mechanism, username, password };
}

type LogEntry = Parameters<ReturnType<NonNullable<ConstructorParameters<typeof Kafka>[0]['logCreator']>>>[0];

function logTo(logger: Logger): (entry: LogEntry) => void {
  return ({ level, namespace, log: { message, ...fields } }) => {
    const line = `${namespace}: ${message}`;
    // kafkajs calls every join and leave "info", and every retried network fault "error".
    if (level === logLevel.ERROR) logger.warn(fields, line);
    else logger.debug(fields, line);
  };
}
