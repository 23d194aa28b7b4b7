import { type IntegrationRegistry } from '@app/integrations';
import { type ConsumedBatch, type TopicNames } from '@app/kafka';
import { type OutcomeReporter } from './outcome-reporter';
import { mapRecord } from './outgoing-records';
import { type InvalidRecord, parseRecord, type ValidRecord } from './parsed-record';
import { type DeferredProjects } from './deferred-projects';
import { type ProfilePorts, resolveProfiles } from './resolve-profiles';
import { write, type WritePorts } from './write';

export interface MapperPorts extends ProfilePorts, WritePorts {
  integrations: Pick<IntegrationRegistry, 'find' | 'whenAny' | 'refresh'>;
  deferred: Pick<DeferredProjects, 'writes' | 'written' | 'defer'>;
  reporter: Pick<OutcomeReporter, 'report'>;
  topics: TopicNames;
  /** Maximum size of a delivery's record: key, value and headers. */
  maxRecordBytes: number;
  defaultProjectId: string;
  nowMs: () => number;
}

/**
 * Parses events, resolves the profiles of their customers, maps the events for Statsig, and writes the results. A record is
 * acked when Kafka has acknowledged all of its results. Records of a project are left while its integration is unreadable,
 * or while its deliveries cannot be written although those of other projects can.
 */
export async function mapBatch(batch: ConsumedBatch, ports: MapperPorts): Promise<void> {
  const { integrations, deferred, reporter, topics, maxRecordBytes, defaultProjectId } = ports;
  if (!(await integrations.whenAny(batch.signal))) return;
  const nowMs = ports.nowMs();
  const integrationOf = (projectId: string) => integrations.find(projectId);
  const parseAll = () =>
    batch.records.map((record) => parseRecord(record, { integrationOf, defaultProjectId, nowMs }));
  let parsedRecords = parseAll();
  if (parsedRecords.some((parsed) => parsed.kind === 'invalid' && parsed.reason === 'no_integration')) {
    // It may have been added just now: ingest can learn of a project before the mapper does.
    await integrations.refresh();
    parsedRecords = parseAll();
  }
  // In the same turn of the event loop in which the integrations were looked up: see IntegrationLookup.
  for (const { kind, record } of parsedRecords) if (kind === 'waiting') batch.leave(record);

  const present = parsedRecords.filter((parsed) => parsed.kind !== 'waiting');
  const known = await resolveProfiles(present, ports);
  const context = { topics, maxRecordBytes, nowMs };
  const writesBefore = deferred.writes;
  const attempts = await Promise.allSettled(
    [...groupByProject(present)].map(async ([projectId, parsedRecords]) => {
      const outputs = parsedRecords.map((parsed) => ({
        parsed,
        outcomes: mapRecord(parsed, known.get(parsed), context),
      }));
      const result = await write(outputs, context, ports);
      if (result.kind === 'written') {
        deferred.written(projectId);
        reporter.report(result.outputs);
        for (const { record } of parsedRecords) batch.ack(record);
      }
      return { projectId, parsedRecords, result };
    }),
  );

  const errors: unknown[] = [];
  for (const attempt of attempts) {
    if (attempt.status === 'rejected') {
      errors.push(attempt.reason);
      continue;
    }
    const { projectId, parsedRecords, result } = attempt.value;
    if (result.kind === 'written') continue;
    if (projectId !== undefined && deferred.defer(projectId, writesBefore, result))
      for (const { record } of parsedRecords) batch.leave(record);
    else errors.push(result.error);
  }
  // The consumer retries the batch.
  if (errors.length > 0) throw errors[0];
}

/** Invalid records have no deliveries, so no project has to wait for them. */
function groupByProject(
  parsedRecords: readonly (ValidRecord | InvalidRecord)[],
): Map<string | undefined, (ValidRecord | InvalidRecord)[]> {
  return Map.groupBy(parsedRecords, (parsed) => (parsed.kind === 'valid' ? parsed.projectId : undefined));
}
