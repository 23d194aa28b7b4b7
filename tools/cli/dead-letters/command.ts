import { explainReason } from '@app/delivery';
import {
  type ConsumedRecord,
  headerNames,
  type ProducedRecord,
  readTopic,
  RecordsRefusedError,
} from '@app/kafka';
import Table from 'cli-table3';
import { Command } from 'commander';
import { writeAudit } from '../audit';
import { knownProjects } from '../known-projects';
import { pipelineKafka, type PipelineKafka } from '../pipeline-kafka';
import { progressBar } from '../progress';
import { type DeadLetterFilter, matches, placeOf, type Redriven, redriven } from './dead-letter';

interface Options extends DeadLetterFilter {
  limit: string;
  all?: true;
  dryRun?: true;
}

const redrivenAtOnce = 500;

export function deadLettersCommand(): Command {
  return new Command('dead-letters')
    .description('Look at what was set aside, and send it on its way again')
    .addCommand(
      filtered(new Command('list').description('Where each lies, whose it is, and why'))
        .option('--limit <count>', 'the newest so many', '50')
        .action(list),
    )
    .addCommand(
      new Command('show')
        .description('One dead letter, whole')
        .argument('<place>', 'topic/partition/offset, as listed')
        .action(show),
    )
    .addCommand(
      filtered(new Command('redrive').description('Send dead letters again to the topic that they came from'))
        .option('--place <place>', 'the one at topic/partition/offset')
        .option('--all', 'all of them, where no filter is given')
        .option('--dry-run', 'only say what would be sent')
        .action(redrive),
    );
}

function filtered(command: Command): Command {
  return command
    .option('--reason <name>', 'set aside for this reason')
    .option('--stage <name>', 'by ingest, mapper or dispatcher')
    .option('--project <id>', 'of this project')
    .option('--event <id>', 'of this event id');
}

async function find(pipeline: PipelineKafka, filter: DeadLetterFilter): Promise<ConsumedRecord[]> {
  const found: ConsumedRecord[] = [];
  for (const topic of [pipeline.topics.eventsDeadLetter, pipeline.topics.deliveriesDeadLetter]) {
    await readTopic(pipeline.kafka, topic, {}, (record) => {
      if (matches(record, filter)) found.push(record);
    });
  }
  return found.sort((a, b) => a.timestampMs - b.timestampMs);
}

async function list({ limit, ...filter }: Options): Promise<void> {
  const found = await find(await pipelineKafka(), filter);
  const table = new Table({
    head: ['place', 'set aside', 'project', 'event', 'stage', 'reason'],
    style: { head: [] },
  });
  for (const record of found.slice(-Number(limit))) {
    const { headers } = record;
    table.push([
      placeOf(record),
      new Date(record.timestampMs).toISOString(),
      headers[headerNames.projectId] ?? '',
      headers[headerNames.eventId] ?? '',
      headers[headerNames.deadLetterStage] ?? '',
      headers[headerNames.deadLetterReason] ?? '',
    ]);
  }
  process.stdout.write(
    found.length === 0 ? 'No dead letters.\n' : `${table.toString()}\n${String(found.length)} in all.\n`,
  );
}

async function show(place: string): Promise<void> {
  const [record] = await find(await pipelineKafka(), { place });
  if (record === undefined) throw new Error(`There is no dead letter at ${place}. See "dead-letters list".`);
  const { headers, key, value } = record;
  const explanation = explainReason(headers[headerNames.deadLetterReason] ?? '') ?? null;
  const described = { place, ...explanation, key: key?.toString() ?? null, headers };
  process.stdout.write(`${JSON.stringify(described, null, 2)}\n`);
  process.stdout.write(`${value?.toString() ?? ''}\n`);
}

async function redrive({ all, dryRun, ...filter }: Omit<Options, 'limit'>): Promise<void> {
  if (all !== true && Object.keys(filter).length === 0)
    throw new Error('Name what to redrive: --place, --event, --reason, --stage or --project; or --all.');
  const pipeline = await pipelineKafka();
  const found = await find(pipeline, filter);
  const context = {
    topics: pipeline.topics,
    defaultProjectId: process.env['PROJECT_ID'] ?? 'default',
    partitions: await targetPartitions(pipeline),
  };
  const results = found.map((deadLetter) => redriven(deadLetter, context));
  const records = results.flatMap((result) => (result.kind === 'record' ? [result.record] : []));
  process.stdout.write(exclusions(results));
  if (dryRun === true) {
    process.stdout.write(`${records.length} would be sent again.\n`);
    return;
  }
  const target = Object.values(filter).join(', ') || 'all';
  const detail = { ...filter, deadLetters: records.length };
  const refused = await send(pipeline, records, { action: 'redrive', target, detail });
  process.stdout.write(
    `${records.length - refused} sent again. What was delivered already is found in the ledger and not sent twice.\n`,
  );
  if (refused > 0) {
    process.stdout.write(`${refused} are larger than their topic accepts (TOPIC_MAX_MESSAGE_BYTES).\n`);
    process.exitCode = 1;
  }
}

/** Of the projects that have a deliveries topic: as their integration has it, if that is known here, else as the topic has it. */
async function targetPartitions({ topics, lag }: PipelineKafka): Promise<Map<string, number>> {
  const [known, existing] = await Promise.all([knownProjects(), lag.projectPartitions(topics)]);
  return new Map(
    [...existing].map(([projectId, count]) => [projectId, known.partitions.get(projectId) ?? count]),
  );
}

/** Why some dead letters are not sent again. */
function exclusions(results: readonly Redriven[]): string {
  const truncated = results.filter(({ kind }) => kind === 'truncated').length;
  const unknown = results.flatMap((result) => (result.kind === 'unknown_project' ? [result.projectId] : []));
  return [
    ...(truncated === 0 ? [] : [`${truncated} were too large to be kept whole and cannot be sent again.\n`]),
    ...[...Map.groupBy(unknown, (projectId) => projectId)].map(
      ([projectId, { length }]) =>
        `${length} are not sent again: project "${projectId}" has no deliveries topic. Add its integration first.\n`,
    ),
  ].join('');
}

/** The number of records that Kafka refused for good. */
async function send(
  pipeline: PipelineKafka,
  records: readonly ProducedRecord[],
  entry: Parameters<typeof writeAudit>[2],
): Promise<number> {
  const bar = progressBar('redriven');
  let refused = 0;
  await pipeline.producing(async (producer) => {
    await writeAudit(producer, pipeline.topics, entry);
    bar.total(records.length);
    for (let at = 0; at < records.length; at += redrivenAtOnce) {
      const some = records.slice(at, at + redrivenAtOnce);
      try {
        await producer.send(some);
      } catch (error) {
        if (!(error instanceof RecordsRefusedError)) throw error;
        refused += error.refused.length;
      }
      bar.step(some.length);
    }
  });
  bar.end();
  return refused;
}
