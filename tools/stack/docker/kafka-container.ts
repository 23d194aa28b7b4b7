import getPort from 'get-port';
import { describeCluster } from '../kafka/cluster-admin';
import { type ServiceProvider } from '../service-provider';
import { container } from './container';
import { images } from './images';

/** Uses Apache's image; @testcontainers/kafka supports only Confluent's. */
export function kafkaContainer(): ServiceProvider {
  return container({
    checkReady: describeCluster,
    define: async () => {
      const { GenericContainer } = await import('testcontainers');
      // The broker advertises this port to clients, so it must be known before the container exists.
      const port = await getPort({ host: '127.0.0.1' });
      return {
        address: `127.0.0.1:${port}`,
        container: new GenericContainer(images.kafka)
          .withExposedPorts({ container: 9092, host: port })
          .withEnvironment({
            // Optimized for fast start and low memory, not for throughput.
            KAFKA_HEAP_OPTS: '-Xmx512m',
            KAFKA_JVM_PERFORMANCE_OPTS: '-XX:+UseSerialGC -XX:TieredStopAtLevel=1',
            KAFKA_NODE_ID: '1',
            KAFKA_PROCESS_ROLES: 'broker,controller',
            KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:29093',
            KAFKA_LISTENERS: 'HOST://:9092,INTERNAL://:19092,CONTROLLER://:29093',
            // The broker connects to itself to verify transactions, and cannot reach the published port.
            KAFKA_ADVERTISED_LISTENERS: `HOST://127.0.0.1:${port},INTERNAL://localhost:19092`,
            KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'HOST:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
            KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
            KAFKA_INTER_BROKER_LISTENER_NAME: 'INTERNAL',
            KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
            KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
            KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '4',
            KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
            KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
            KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
            KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
            KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
          }),
      };
    },
  });
}
