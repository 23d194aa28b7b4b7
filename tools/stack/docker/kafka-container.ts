import getPort from 'get-port';
import { describeCluster } from '../kafka/cluster-admin';
import { type Way } from '../way';
import { container } from './container';
import { images } from './images';

/** Apache's own image; @testcontainers/kafka knows only Confluent's. */
export function kafkaContainer(): Way {
  return container({
    answers: describeCluster,
    define: async () => {
      const { GenericContainer } = await import('testcontainers');
      // Clients are told this port by the broker, so it is chosen before the container exists.
      const port = await getPort({ host: '127.0.0.1' });
      return {
        address: `127.0.0.1:${port}`,
        container: new GenericContainer(images.kafka)
          .withExposedPorts({ container: 9092, host: port })
          .withEnvironment({
            // Quick to start and small, rather than fast in the long run.
            KAFKA_HEAP_OPTS: '-Xmx512m',
            KAFKA_JVM_PERFORMANCE_OPTS: '-XX:+UseSerialGC -XX:TieredStopAtLevel=1',
            KAFKA_NODE_ID: '1',
            KAFKA_PROCESS_ROLES: 'broker,controller',
            KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:29093',
            KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:29093',
            KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
            KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
            KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
            KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
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
