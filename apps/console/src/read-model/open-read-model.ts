import { setTimeout as delay } from 'node:timers/promises';
import { type ClusterState } from '@app/kafka';
import { type Logger } from '@app/platform';
import { Database, removeFiles } from './database';
import { ReadModel, type ReadModelOptions } from './read-model';

interface OpenOptions {
  file: string;
  options: ReadModelOptions;
  /** Returns the state of the shared topics. `DeliveriesTopics` checks deliveries topics, which can be deleted. */
  clusterState: () => Promise<ClusterState>;
  /** Called if the stored data turns out to be from another Kafka cluster after the start: the process must restart. */
  onMismatch: (problem: string) => void;
  /** Maximum time that the start waits for Kafka, in ms. */
  waitMs: number;
  retryMs: number;
  logger: Logger;
}

/**
 * Opens the read model, or creates a new one if the stored data is from another Kafka cluster. If Kafka does not respond,
 * opens the stored one, and checks it later.
 */
export async function openReadModel(openOptions: OpenOptions): Promise<ReadModel> {
  const { file, options, logger, waitMs } = openOptions;
  const firstState = openOptions.clusterState();
  const waited = new AbortController();
  let problem: unknown;
  const state = await Promise.race([
    firstState.catch((error: unknown) => {
      problem = error;
      return undefined;
    }),
    delay(waitMs, undefined, { signal: waited.signal }),
  ]);
  waited.abort();
  const model = new ReadModel(new Database(file), options);
  if (state === undefined) {
    logger.warn({ err: problem, file }, 'failed to read the state of Kafka; showing what was read before');
    void checkLater(openOptions, model, firstState);
    return model;
  }
  const mismatch = model.positions.problemOn(state);
  if (mismatch === undefined) return bindToCluster(model, state);
  logger.warn({ file, problem: mismatch }, 'rebuilding the read model from Kafka');
  model.db.close();
  removeFiles(file);
  return bindToCluster(new ReadModel(new Database(file), options), state);
}

function bindToCluster(model: ReadModel, { clusterId }: ClusterState): ReadModel {
  model.db.setMeta('cluster', clusterId);
  return model;
}

/** Reading before the check is safe: the whole read model is deleted if it is from another cluster. */
async function checkLater(
  { clusterState, onMismatch, file, retryMs, logger }: OpenOptions,
  model: ReadModel,
  firstState: Promise<ClusterState>,
): Promise<void> {
  let state = await firstState.catch(() => undefined);
  while (state === undefined && model.db.isOpen) {
    await delay(retryMs, undefined, { ref: false });
    state = await clusterState().catch(() => undefined);
  }
  if (state === undefined || !model.db.isOpen) return;
  const problem = model.positions.problemOn(state);
  if (problem === undefined) {
    bindToCluster(model, state);
    return;
  }
  logger.warn({ file, problem }, 'the read model does not match this Kafka cluster');
  model.db.setMeta('schema', 'none');
  onMismatch(problem);
}
