import { composeService } from './docker/compose-service';
import { kafkaContainer } from './docker/kafka-container';
import { redisContainer } from './docker/redis-container';
import { firstThatServes } from './first-that-serves';
import { fromEnvironment } from './from-environment';
import { describeCluster } from './kafka/cluster-admin';
import { startKafkaCluster } from './kafka/kafka-cluster';
import { ServerDidNotStart } from './process/server-process';
import { startRedis } from './redis/local-redis';
import { redisAnswers } from './redis/redis-answers';
import { type Way } from './way';

export interface Stack {
  /** host:port, comma-separated */
  kafkaBrokers: string;
  redisUrl: string;
  /** Which way each was come by, and why: for a person. */
  chosen: { kafka: string; redis: string };
  stop: () => Promise<void>;
}

export interface StackOptions {
  /** For people to try things out (the usual ports where they are free), or for tests (ports of their own). */
  purpose: 'start' | 'test';
  /**
   * Brokers of the Kafka cluster. With more than one, they are always local processes.
   *
   * @default 1
   */
  kafkaBrokers?: number | undefined;
  /** Folder in which data stays for the next start. Nothing stays unless given. */
  keepIn?: string;
  onProgress?: (text: string) => void;
}

const usualPorts = { kafka: 9092, redis: 6379 };

/**
 * A real Kafka and a real Redis, each by the first way that serves here: an address in the environment, Docker,
 * a local process. They end with this process, however it ends.
 * Throws `StackUnavailable`, which says what to install.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { onProgress = () => undefined } = options;
  const kinds = kindsToTry();
  const [kafka, redis] = await Promise.allSettled([
    firstThatServes(
      'Kafka',
      take((options.kafkaBrokers ?? 1) > 1 ? ['local'] : kinds, waysToKafka(options)),
      onProgress,
    ),
    firstThatServes('Redis', take(kinds, waysToRedis(options)), onProgress),
  ]);
  if (kafka.status === 'fulfilled' && redis.status === 'fulfilled') {
    return {
      kafkaBrokers: kafka.value.address,
      redisUrl: redis.value.address,
      chosen: { kafka: kafka.value.chosen, redis: redis.value.chosen },
      stop: async () => {
        await Promise.all([kafka.value.stop(), redis.value.stop()]);
      },
    };
  }
  if (kafka.status === 'fulfilled') await kafka.value.stop();
  if (redis.status === 'fulfilled') await redis.value.stop();
  throw kafka.status === 'rejected' ? kafka.reason : (redis as PromiseRejectedResult).reason;
}

type Kind = 'environment' | 'docker' | 'local';
type Ways = Record<Kind, Way>;

/** In the order of trying. The variable STACK leaves only one of Docker and local processes. */
function kindsToTry(): readonly Kind[] {
  const { STACK: only } = process.env;
  switch (only) {
    case undefined:
    case '':
      return ['environment', 'docker', 'local'];
    case 'docker':
    case 'local':
      return ['environment', only];
    default:
      throw new Error(`STACK is ${only}; it may be docker or local`);
  }
}

function take(kinds: readonly Kind[], ways: Ways): Way[] {
  return kinds.map((kind) => ways[kind]);
}

function waysToKafka({ purpose, kafkaBrokers, keepIn, onProgress }: StackOptions): Ways {
  const preferredPort = purpose === 'start' ? usualPorts.kafka : undefined;
  return {
    environment: fromEnvironment('KAFKA_BROKERS', describeCluster),
    docker:
      purpose === 'test'
        ? kafkaContainer()
        : composeService({
            service: 'kafka',
            portVariable: 'KAFKA_PORT',
            preferredPort: usualPorts.kafka,
            keepData: keepIn !== undefined,
            addressAt: (port) => `127.0.0.1:${port}`,
            answers: describeCluster,
          }),
    local: {
      name: (kafkaBrokers ?? 1) > 1 ? 'local processes' : 'local process',
      start: async () => {
        const { brokers, stop } = await onFreePort(preferredPort, (port) =>
          startKafkaCluster({ brokers: kafkaBrokers, preferredPort: port, keepIn, onProgress }),
        );
        return { address: brokers, stop };
      },
    },
  };
}

function waysToRedis({ purpose, keepIn, onProgress }: StackOptions): Ways {
  const preferredPort = purpose === 'start' ? usualPorts.redis : undefined;
  return {
    environment: fromEnvironment('REDIS_URL', redisAnswers),
    docker:
      purpose === 'test'
        ? redisContainer()
        : composeService({
            service: 'redis',
            portVariable: 'REDIS_PORT',
            preferredPort: usualPorts.redis,
            keepData: keepIn !== undefined,
            addressAt: (port) => `redis://127.0.0.1:${port}`,
            answers: redisAnswers,
          }),
    local: {
      name: 'local process',
      start: async () => {
        const { url, stop } = await onFreePort(preferredPort, (port) =>
          startRedis({ preferredPort: port, keepIn, onProgress }),
        );
        return { address: url, stop };
      },
    },
  };
}

/** Another start may take a port between our finding it free and our server's listening there. */
function onFreePort<T>(preferred: number | undefined, start: (port?: number) => Promise<T>): Promise<T> {
  return start(preferred).catch((error: unknown) => {
    if (error instanceof ServerDidNotStart) return start();
    throw error;
  });
}
