import { type KafkaCluster, startKafkaCluster } from '@tools/stack';
import getPort from 'get-port';
import { ProduceResponseLoss } from './produce-response-loss';
import { TcpProxy } from './tcp-proxy';

/** While responses are lost, one of this many is lost. */
const lossEvery = 20;

/** A Kafka cluster that clients can also reach through one proxy per broker. */
export interface ChaosKafka extends KafkaCluster {
  proxies: readonly TcpProxy[];
  /** Addresses of the proxies. A client that starts with these reaches every broker through its proxy. */
  proxiedBrokers: string;
  /** Loses responses of the first broker to clients that use its proxy. */
  produceResponses: ProduceResponseLoss;
  /** Topic settings that tolerate the loss of one broker. */
  topicEnv: Record<string, string>;
}

/** `undo` stops it. */
export async function startChaosKafka(brokers: number, undo: AsyncDisposableStack): Promise<ChaosKafka> {
  const produceResponses = new ProduceResponseLoss(lossEvery);
  const listeners = await Promise.all(
    Array.from({ length: brokers }, async (_, i) => {
      const listenOn = await getPort({ host: '127.0.0.1' });
      const proxy = await TcpProxy.to('127.0.0.1', listenOn, i === 0 ? produceResponses.filter : undefined);
      undo.defer(() => {
        proxy.close();
      });
      return { listenOn, advertise: proxy.port, proxy };
    }),
  );
  const cluster = await startKafkaCluster({ brokers, proxied: listeners });
  undo.defer(cluster.stop);
  const replicas = Math.min(3, brokers);
  return {
    ...cluster,
    proxies: listeners.map(({ proxy }) => proxy),
    proxiedBrokers: listeners.map(({ advertise }) => `127.0.0.1:${String(advertise)}`).join(','),
    produceResponses,
    topicEnv: {
      TOPIC_REPLICATION_FACTOR: String(replicas),
      TOPIC_MIN_INSYNC_REPLICAS: String(Math.min(2, replicas)),
    },
  };
}
