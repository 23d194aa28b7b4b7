import { explainReason } from '@app/delivery';
import { projectConfig } from '@app/integrations';
import {
  type ConsumedRecord,
  headerNames,
  readTopic,
  RecordsRejectedError,
  type RedriveContext,
} from '@app/kafka';
import { readConfig } from '@app/platform';
import { Command } from 'commander';
import { z } from 'zod';
import { writeAudit } from '../audit';
import { CannotRunError, exitCodes } from '../exit-codes';
import { knownProjects } from '../known-projects';
import { type JsonOption, print, tableText, withExamples, withJson } from '../output';
import { positiveInteger } from '../parse-option';
import { pipelineKafka, type PipelineKafka } from '../pipeline-kafka';
import { progressBar } from '../progress';
import { RecordBatches } from '../record-batches';
import { type DeadLetterFilter, matches, redriveRecord } from './dead-letter';
import { NewestDeadLetters } from './newest-dead-letters';
import { RedrivePlan } from './redrive-plan';

interface Options extends DeadLetterFilter, JsonOption {
  limit: number;
  all?: true;
  dryRun?: true;
}

export function deadLettersCommand(): Command {
  return new Command('dead-letters')
    .description('Inspect and redrive dead letters')
    .addCommand(
      withExamples(
        withFilterOptions(
          new Command('list').description('List dead letters with their place, project and reason'),
        )
          .option('--limit <count>', 'number of newest dead letters to show', positiveInteger, 50)
          .action(list),
        'dead-letters list --project shop --limit 10',
      ),
    )
    .addCommand(
      withExamples(
        withJson(
          new Command('show')
            .description('Print one dead letter')
            .argument('<place>', 'topic/partition/offset, as listed')
            .action(show),
        ),
        'dead-letters show statsig.dead-letter/3/42',
      ),
    )
    .addCommand(
      withExamples(
        withFilterOptions(
          new Command('redrive').description('Send dead letters back to their original topic'),
        )
          .option('--place <place>', 'the dead letter at topic/partition/offset')
          .option('--all', 'all dead letters, if no filter is given')
          .option('--dry-run', 'only print what would be sent')
          .action(redrive),
        'dead-letters redrive --reason statsig_400 --project shop --dry-run',
        'dead-letters redrive --place statsig.dead-letter/3/42',
      ),
    );
}

function withFilterOptions(command: Command): Command {
  return withJson(command)
    .option('--reason <name>', 'with this reason')
    .option('--stage <name>', 'of this stage: ingest, mapper or dispatcher')
    .option('--project <id>', 'of this project')
    .option('--event <id>', 'of this event id');
}

/** Visits matching dead letters one by one, in order within a partition. */
async function visit(
  pipeline: PipelineKafka,
  filter: DeadLetterFilter,
  visitor: (deadLetter: ConsumedRecord) => void | Promise<void>,
): Promise<void> {
  for (const topic of [pipeline.topics.eventsDeadLetter, pipeline.topics.deliveriesDeadLetter]) {
    await readTopic(pipeline.kafka, topic, { topicPrefix: pipeline.prefix }, async (record) => {
      if (matches(record, filter)) await visitor(record);
    });
  }
}

async function list({ limit, json, ...filter }: Options): Promise<void> {
  const newest = new NewestDeadLetters(limit);
  await visit(await pipelineKafka(), filter, (record) => {
    newest.add(record);
  });
  const deadLetters = newest.list();
  const table = tableText(
    ['place', 'time', 'project', 'event', 'stage', 'reason'],
    deadLetters.map(({ place, timestampMs, project, event, stage, reason }) => [
      place,
      new Date(timestampMs).toISOString(),
      project,
      event,
      stage,
      reason,
    ]),
  );
  print(
    { total: newest.total, deadLetters },
    json,
    newest.total === 0 ? 'No dead letters.' : `${table}\n${String(newest.total)} in total.`,
  );
}

async function show(place: string, { json }: JsonOption): Promise<void> {
  const found: ConsumedRecord[] = [];
  await visit(await pipelineKafka(), { place }, (record) => void found.push(record));
  const [record] = found;
  if (record === undefined) throw new Error(`No dead letter at ${place}. See "dead-letters list".`);
  const { headers, key, value } = record;
  const explanation = explainReason(headers[headerNames.deadLetterReason] ?? '') ?? null;
  const described = { place, ...explanation, key: key?.toString() ?? null, headers };
  const text = value?.toString() ?? '';
  print({ ...described, value: text }, json, `${JSON.stringify(described, null, 2)}\n${text}\n`);
}

async function redrive({ all, dryRun, json, ...filter }: Omit<Options, 'limit'>): Promise<void> {
  if (all !== true && Object.keys(filter).length === 0)
    throw new CannotRunError(
      'Select what to redrive with --place, --event, --reason, --stage or --project, or use --all.',
    );
  const pipeline = await pipelineKafka();
  const context = {
    topics: pipeline.topics,
    defaultProjectId: readConfig(z.object(projectConfig)).PROJECT_ID,
    partitions: await targetPartitions(pipeline),
  };
  const plan = new RedrivePlan();
  await visit(pipeline, filter, (deadLetter) => {
    plan.add(deadLetter, redriveRecord(deadLetter, context));
  });
  const result = { matching: plan.count, ...plan.excluded() };
  if (dryRun === true) {
    const text = `${plan.exclusions()}${plan.count} would be sent again.`;
    print({ ...result, sent: 0, rejected: 0 }, json, text);
    return;
  }
  const target = Object.values(filter).join(', ') || 'all';
  const detail = { ...filter, deadLetters: plan.count };
  const rejected = await send(pipeline, filter, plan, context, { action: 'redrive', target, detail });
  const sent = plan.count - rejected;
  const tooLarge =
    rejected === 0 ? '' : `${rejected} exceed the maximum size of their topic (TOPIC_MAX_MESSAGE_BYTES).\n`;
  print(
    { ...result, sent, rejected },
    json,
    `${plan.exclusions()}${sent} sent again. Events that were delivered are not delivered twice.\n${tooLarge}`,
  );
  if (rejected > 0) process.exitCode = exitCodes.failed;
}

/** Partition counts by project: those of the integration if known, otherwise those of the deliveries topic. */
async function targetPartitions({ topics, lag }: PipelineKafka): Promise<Map<string, number>> {
  const [known, existing] = await Promise.all([knownProjects(), lag.projectPartitions(topics)]);
  return new Map(
    [...existing].map(([projectId, count]) => [projectId, known.partitions.get(projectId) ?? count]),
  );
}

/** Reads the dead letters again, so that only one batch is in memory. Returns the number of records that Kafka rejected. */
async function send(
  pipeline: PipelineKafka,
  filter: DeadLetterFilter,
  plan: RedrivePlan,
  context: RedriveContext,
  entry: Parameters<typeof writeAudit>[2],
): Promise<number> {
  const bar = progressBar('redriven');
  let rejected = 0;
  await pipeline.producing(async (producer) => {
    await writeAudit(producer, pipeline.topics, entry);
    bar.total(plan.count);
    const batches = new RecordBatches(async (records) => {
      try {
        await producer.send(records);
      } catch (error) {
        if (!(error instanceof RecordsRejectedError)) throw error;
        rejected += error.rejected.length;
      }
      bar.step(records.length);
    });
    await visit(pipeline, filter, async (deadLetter) => {
      if (!plan.includes(deadLetter)) return;
      const result = redriveRecord(deadLetter, context);
      if (result.kind === 'record') await batches.add(result.record);
    });
    await batches.end();
  });
  bar.end();
  return rejected;
}
