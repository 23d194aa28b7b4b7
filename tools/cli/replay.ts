import { customerHash } from '@app/identity';
import { projectIdSchema } from '@app/integrations';
import {
  type ConsumedRecord,
  headerNames,
  type ProducedRecord,
  readTopic,
  type RecordProducer,
  replayHeaders,
} from '@app/kafka';
import { readConfig } from '@app/platform';
import { namesCustomer, parseEnvelope } from '@app/revenuecat';
import { Command } from 'commander';
import { z } from 'zod';
import { writeAudit } from './audit';
import { confirmed } from './confirmed';
import { pipelineKafka, type PipelineKafka } from './pipeline-kafka';
import { progressBar } from './progress';
import { RecordBatches } from './record-batches';

interface Options {
  from?: string;
  to?: string;
  project?: string;
  allProjects?: true;
  customer?: string;
  type?: string;
  again?: true;
  yes?: true;
  dryRun?: true;
}

/** Which events are sent again. */
export interface Choice {
  fromMs: number | undefined;
  toMs: number;
  /** Undefined: of all projects. */
  project: string | undefined;
  defaultProject: string;
  customer: string | undefined;
  type: string | undefined;
}

export function replayCommand(): Command {
  return new Command('replay')
    .description(
      'Send history again from Kafka. What was delivered is found in the ledger, unless --again is given. Earlier replays are left out',
    )
    .option('--from <time>', 'events that arrived from this time on (ISO 8601)')
    .option('--to <time>', 'events that arrived before this time (ISO 8601)')
    .option('--project <id>', 'events of this project; PROJECT_ID unless given')
    .option('--all-projects', 'events of all projects')
    .option('--customer <id>', 'events that name this customer by any id')
    .option('--type <name>', 'events of this type')
    .option('--again', 'deliver them although they were: Statsig will count them twice')
    .option('--yes', 'do not ask whether --again is meant')
    .option('--dry-run', 'only say what would be sent')
    .action(replay);
}

async function replay(options: Options): Promise<void> {
  const { again, yes, dryRun } = options;
  const choice = choiceOf(options, Date.now());
  const pipeline = await pipelineKafka();
  let count = 0;
  await readChosen(pipeline, choice, () => {
    count += 1;
  });
  process.stdout.write(`${count} events are chosen.\n`);
  if (dryRun === true || count === 0) return;
  if (again === true && yes !== true) {
    const question = `Statsig cannot take events back: ${count} will be counted a second time.`;
    if (!(await confirmed(question, 'again'))) return;
  }

  const run = again === true ? new Date().toISOString().replaceAll(/[^0-9]/g, '') : undefined;
  await pipeline.producing(async (producer) => {
    const { project, customer } = choice;
    const target = project ?? 'all projects';
    const detail = {
      from: options.from,
      to: options.to,
      type: options.type,
      // The audit log is kept for longer than the customer may be.
      ...(customer !== undefined && { customerHash: customerHash(project ?? '', customer) }),
      evenIfDelivered: again === true,
      events: count,
    };
    await writeAudit(producer, pipeline.topics, { action: 'replay', target, detail });
    const bar = progressBar('replayed');
    bar.total(count);
    await sendChosen(pipeline, choice, producer, run, bar.step);
    bar.end();
  });
  process.stdout.write(
    run !== undefined
      ? `Sent again, to be delivered under ids that end in ":replay-${run}".\n`
      : 'Sent again. What was delivered already will end in receipts that say "duplicate".\n',
  );
}

function choiceOf({ from, to, project, allProjects, customer, type }: Options, nowMs: number): Choice {
  if (project !== undefined && allProjects === true)
    throw new Error('Give either --project or --all-projects, not both.');
  const { PROJECT_ID } = readConfig(z.object({ PROJECT_ID: projectIdSchema.default('default') }));
  return {
    fromMs: from === undefined ? undefined : timeOf(from, '--from'),
    // What arrives from now on was not there to be counted.
    toMs: Math.min(nowMs, to === undefined ? Infinity : timeOf(to, '--to')),
    project: allProjects === true ? undefined : (project ?? PROJECT_ID),
    defaultProject: PROJECT_ID,
    customer,
    type,
  };
}

async function readChosen(
  { kafka, topics }: PipelineKafka,
  choice: Choice,
  visit: (record: ConsumedRecord) => void | Promise<void>,
): Promise<void> {
  const { fromMs } = choice;
  await readTopic(kafka, topics.events, fromMs === undefined ? {} : { fromMs }, async (record) => {
    if (isChosen(record, choice)) await visit(record);
  });
}

/** Reads them once more, so that no more than some are in memory, whatever their number. */
async function sendChosen(
  pipeline: PipelineKafka,
  choice: Choice,
  producer: Pick<RecordProducer, 'send'>,
  run: string | undefined,
  onSent: (count: number) => void,
): Promise<void> {
  const batches = new RecordBatches(async (records) => {
    await producer.send(records);
    onSent(records.length);
  });
  await readChosen(pipeline, choice, (record) => batches.add(replayed(record, run)));
  await batches.end();
}

function timeOf(text: string, option: string): number {
  const timeMs = Date.parse(text);
  if (Number.isNaN(timeMs))
    throw new Error(`${option} is no time: "${text}". Write it as 2026-01-31T12:00:00Z.`);
  return timeMs;
}

export function isChosen({ value, headers, timestampMs }: ConsumedRecord, choice: Choice): boolean {
  const { toMs, project, defaultProject, customer, type } = choice;
  if (timestampMs >= toMs || headers[headerNames.source] === 'replay') return false;
  if (project !== undefined && (headers[headerNames.projectId] ?? defaultProject) !== project) return false;
  const parsed = parseEnvelope(value ?? Buffer.alloc(0));
  if (parsed.kind !== 'envelope') return false;
  const { event } = parsed.envelope;
  return (
    (type === undefined || event.type === type) && (customer === undefined || namesCustomer(event, customer))
  );
}

/** @param run names a replay that is to be delivered although it was before */
export function replayed(
  { topic, key, value, headers }: ConsumedRecord,
  run: string | undefined,
): ProducedRecord {
  return { topic, key, value, headers: replayHeaders(headers, run) };
}
