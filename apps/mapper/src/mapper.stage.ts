import { type IntegrationRegistry } from '@app/integrations';
import { type ConsumedBatch, type TopicNames } from '@app/kafka';
import { read, type Readable, type Unusable } from './arrival';
import { learn, type LearnPorts } from './learn';
import { type OutcomeReporter } from './outcome-reporter';
import { outcomesOf } from './outgoing-records';
import { type ProjectHolds } from './project-holds';
import { write, type WritePorts } from './write';

export interface MapperPorts extends LearnPorts, WritePorts {
  integrations: Pick<IntegrationRegistry, 'find' | 'whenAny' | 'refresh'>;
  holds: Pick<ProjectHolds, 'writes' | 'written' | 'hold'>;
  reporter: Pick<OutcomeReporter, 'report'>;
  topics: TopicNames;
  /** Maximum size of a delivery's record: key, value and headers. */
  maxRecordBytes: number;
  defaultProjectId: string;
  nowMs: () => number;
}

/**
 * Reads events, learns who the customers are, maps for Statsig, and writes. A record is acked when all that it became is
 * acknowledged. Records of a project whose integration cannot be read, or whose deliveries cannot be written although those
 * of others can, are left until they can.
 */
export async function mapBatch(batch: ConsumedBatch, ports: MapperPorts): Promise<void> {
  const { integrations, holds, reporter, topics, maxRecordBytes, defaultProjectId } = ports;
  if (!(await integrations.whenAny(batch.signal))) return;
  const nowMs = ports.nowMs();
  const integrationOf = (projectId: string) => integrations.find(projectId);
  const readAll = () =>
    batch.records.map((record) => read(record, { integrationOf, defaultProjectId, nowMs }));
  let arrivals = readAll();
  if (arrivals.some((arrival) => arrival.kind === 'unusable' && arrival.reason === 'no_integration')) {
    // It may have been added a moment ago: ingest can know a project before the mapper does.
    await integrations.refresh();
    arrivals = readAll();
  }
  // In the same turn of the event loop in which the integrations were looked up: see IntegrationLatch.
  for (const { kind, record } of arrivals) if (kind === 'waiting') batch.leave(record);

  const present = arrivals.filter((arrival) => arrival.kind !== 'waiting');
  const known = await learn(present, ports);
  const writing = { topics, maxRecordBytes, nowMs };
  const writesBefore = holds.writes;
  const attempts = await Promise.allSettled(
    [...groupByProject(present)].map(async ([projectId, arrivals]) => {
      const outputs = arrivals.map((arrival) => ({
        arrival,
        outcomes: outcomesOf(arrival, known.get(arrival), writing),
      }));
      const result = await write(outputs, writing, ports);
      if (result.kind === 'written') {
        holds.written(projectId);
        reporter.report(result.outputs);
        for (const { record } of arrivals) batch.ack(record);
      }
      return { projectId, arrivals, result };
    }),
  );

  const errors: unknown[] = [];
  for (const attempt of attempts) {
    if (attempt.status === 'rejected') {
      errors.push(attempt.reason);
      continue;
    }
    const { projectId, arrivals, result } = attempt.value;
    if (result.kind === 'written') continue;
    if (projectId !== undefined && holds.hold(projectId, writesBefore, result.deliveries))
      for (const { record } of arrivals) batch.leave(record);
    else errors.push(result.error);
  }
  // The consumer retries the batch.
  if (errors.length > 0) throw errors[0];
}

/** Records that are of no use have no deliveries, so no project has to wait for them. */
function groupByProject(
  arrivals: readonly (Readable | Unusable)[],
): Map<string | undefined, (Readable | Unusable)[]> {
  return Map.groupBy(arrivals, (arrival) => (arrival.kind === 'readable' ? arrival.projectId : undefined));
}
