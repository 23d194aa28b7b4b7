import { setTimeout as delay } from 'node:timers/promises';
import { type ClusterState } from '@app/kafka';
import { type Logger } from '@app/platform';
import { Database, removeFiles } from './database';
import { ReadModel, type ReadModelOptions } from './read-model';

interface Opening {
  file: string;
  options: ReadModelOptions;
  /** What Kafka has of the shared topics. Deliveries topics, which come and go, do not count: see `DeliveriesTopics`. */
  clusterState: () => Promise<ClusterState>;
  /** What is stored does not belong to this Kafka, which was found out too late: the process has to start again. */
  onMismatch: (problem: string) => void;
  /** Time that the start waits for Kafka, in ms. */
  waitMs: number;
  retryMs: number;
  logger: Logger;
}

/**
 * Opens the read model, or begins a new one if what is stored does not belong to this Kafka. If Kafka does not respond, what
 * is stored is shown meanwhile.
 */
export async function openReadModel(opening: Opening): Promise<ReadModel> {
  const { file, options, logger, waitMs } = opening;
  const asked = opening.clusterState();
  const waited = new AbortController();
  const state = await Promise.race([
    asked.catch(() => undefined),
    delay(waitMs, undefined, { signal: waited.signal }),
  ]);
  waited.abort();
  const model = new ReadModel(new Database(file), options);
  if (state === undefined) {
    logger.warn({ file }, 'Kafka does not respond; showing what was read before');
    void checkLater(opening, model, asked);
    return model;
  }
  const problem = model.positions.problemOn(state);
  if (problem === undefined) return bound(model, state);
  logger.warn({ file, problem }, 'the read model is built anew from Kafka');
  model.db.close();
  removeFiles(file);
  return bound(new ReadModel(new Database(file), options), state);
}

function bound(model: ReadModel, { clusterId }: ClusterState): ReadModel {
  model.db.setMeta('cluster', clusterId);
  return model;
}

/** Nothing is lost by what is read until then: all of it is thrown away if it turns out to be foreign. */
async function checkLater(
  { clusterState, onMismatch, file, retryMs, logger }: Opening,
  model: ReadModel,
  asked: Promise<ClusterState>,
): Promise<void> {
  let state = await asked.catch(() => undefined);
  while (state === undefined && model.db.isOpen) {
    await delay(retryMs, undefined, { ref: false });
    state = await clusterState().catch(() => undefined);
  }
  if (state === undefined || !model.db.isOpen) return;
  const problem = model.positions.problemOn(state);
  if (problem === undefined) {
    bound(model, state);
    return;
  }
  logger.warn({ file, problem }, 'the read model does not belong to this Kafka');
  model.db.setMeta('schema', 'none');
  onMismatch(problem);
}
