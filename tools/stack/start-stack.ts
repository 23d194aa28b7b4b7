import { composeService } from './docker/compose-service';
import { kafkaContainer } from './docker/kafka-container';
import { redisContainer } from './docker/redis-container';
import { firstAvailable } from './first-available';
import { fromEnvironment } from './from-environment';
import { describeCluster } from './kafka/cluster-admin';
import { startKafkaCluster } from './kafka/kafka-cluster';
import { ServerStartError } from './process/server-process';
import { startRedis } from './redis/local-redis';
import { pingRedis } from './redis/ping-redis';
import { type ServiceProvider } from './service-provider';

export interface Stack {
  /** host:port, comma-separated */
  kafkaBrokers: string;
  redisUrl: string;
  /** The provider of each, and why earlier ones were not used; shown to the user. */
  descriptions: { kafka: string; redis: string };
  /** Process ids of the servers that were started as local processes. */
  pids?: { kafka: number | undefined; redis: number | undefined };
  stop: () => Promise<void>;
}

export interface StackOptions {
  /** `start`: for users, on the default ports if they are free. `test`: on free ports. */
  purpose: 'start' | 'test';
  /**
   * Brokers of the Kafka cluster. With more than one, they are always local processes.
   *
   * @default 1
   */
  kafkaBrokers?: number | undefined;
  /** Folder in which data is kept for the next start. @default data is removed on exit */
  keepIn?: string;
  onProgress?: (text: string) => void;
}

const defaultPorts = { kafka: 9092, redis: 6379 };

/**
 * Starts a real Kafka and a real Redis, each with the first available provider: an address in the environment, Docker
 * or a local process. They are stopped when this process exits for any reason.
 * Throws `StackUnavailableError`, which lists what to install.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { onProgress = () => undefined } = options;
  const kinds = enabledKinds();
  const [kafka, redis] = await Promise.allSettled([
    firstAvailable(
      'Kafka',
      selectProviders((options.kafkaBrokers ?? 1) > 1 ? ['local'] : kinds, kafkaProviders(options)),
      onProgress,
    ),
    firstAvailable('Redis', selectProviders(kinds, redisProviders(options)), onProgress),
  ]);
  if (kafka.status === 'fulfilled' && redis.status === 'fulfilled') {
    return {
      kafkaBrokers: kafka.value.address,
      redisUrl: redis.value.address,
      descriptions: { kafka: kafka.value.description, redis: redis.value.description },
      pids: { kafka: kafka.value.pid, redis: redis.value.pid },
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
type Providers = Record<Kind, ServiceProvider>;

/** In order of preference. STACK=docker or STACK=local excludes the other. */
function enabledKinds(): readonly Kind[] {
  const { STACK: only } = process.env;
  switch (only) {
    case undefined:
    case '':
      return ['environment', 'docker', 'local'];
    case 'docker':
    case 'local':
      return ['environment', only];
    default:
      throw new Error(`STACK is ${only}; it must be docker or local`);
  }
}

function selectProviders(kinds: readonly Kind[], providers: Providers): ServiceProvider[] {
  return kinds.map((kind) => providers[kind]);
}

function kafkaProviders({ purpose, kafkaBrokers, keepIn, onProgress }: StackOptions): Providers {
  const preferredPort = purpose === 'start' ? defaultPorts.kafka : undefined;
  return {
    environment: fromEnvironment('KAFKA_BROKERS', describeCluster),
    docker:
      purpose === 'test'
        ? kafkaContainer()
        : composeService({
            service: 'kafka',
            portVariable: 'KAFKA_PORT',
            preferredPort: defaultPorts.kafka,
            keepData: keepIn !== undefined,
            addressAt: (port) => `127.0.0.1:${port}`,
            checkReady: describeCluster,
          }),
    local: {
      name: (kafkaBrokers ?? 1) > 1 ? 'local processes' : 'local process',
      start: async () => {
        const { brokers, nodes, stop } = await onFreePort(preferredPort, (port) =>
          startKafkaCluster({ brokers: kafkaBrokers, preferredPort: port, keepIn, onProgress }),
        );
        return { address: brokers, pid: nodes.length === 1 ? nodes[0]?.pid() : undefined, stop };
      },
    },
  };
}

function redisProviders({ purpose, keepIn, onProgress }: StackOptions): Providers {
  const preferredPort = purpose === 'start' ? defaultPorts.redis : undefined;
  return {
    environment: fromEnvironment('REDIS_URL', pingRedis),
    docker:
      purpose === 'test'
        ? redisContainer()
        : composeService({
            service: 'redis',
            portVariable: 'REDIS_PORT',
            preferredPort: defaultPorts.redis,
            keepData: keepIn !== undefined,
            addressAt: (port) => `redis://127.0.0.1:${port}`,
            checkReady: pingRedis,
          }),
    local: {
      name: 'local process',
      start: async () => {
        const { url, pid, stop } = await onFreePort(preferredPort, (port) =>
          startRedis({ preferredPort: port, keepIn, onProgress }),
        );
        return { address: url, pid: pid(), stop };
      },
    },
  };
}

/** Retries on another port: another process may use the port before our server listens on it. */
function onFreePort<T>(preferred: number | undefined, start: (port?: number) => Promise<T>): Promise<T> {
  return start(preferred).catch((error: unknown) => {
    if (error instanceof ServerStartError) return start();
    throw error;
  });
}
