import { type ConsumerLagReader } from '@app/kafka';
import { type Logger } from '@app/platform';
import { Database, removeFiles } from './database';
import { ReadModel, type ReadModelOptions } from './read-model';

/**
 * Opens the read model, or begins a new one if what is stored does not belong to this Kafka. Deliveries topics, which
 * come and go, do not count: see {@link DeliveriesTopics}.
 */
export async function openReadModel(
  file: string,
  options: ReadModelOptions,
  cluster: Pick<ConsumerLagReader, 'clusterState'>,
  logger: Logger,
): Promise<ReadModel> {
  const { events, eventsDeadLetter, receipts, deliveriesDeadLetter, audit } = options.topics;
  const state = await cluster.clusterState([events, eventsDeadLetter, receipts, deliveriesDeadLetter, audit]);
  let model = new ReadModel(new Database(file), options);
  const problem = model.positions.problemOn(state);
  if (problem !== undefined) {
    logger.warn({ file, problem }, 'the read model is built anew from Kafka');
    model.db.close();
    removeFiles(file);
    model = new ReadModel(new Database(file), options);
  }
  model.db.setMeta('cluster', state.clusterId);
  return model;
}
