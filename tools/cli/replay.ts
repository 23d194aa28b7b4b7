import { customerHash } from '@app/identity';
import { projectConfig } from '@app/integrations';
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
import { confirm } from './confirm';
import { CannotRunError } from './exit-codes';
import { type JsonOption, print, withExamples, withJson } from './output';
import { time } from './parse-option';
import { pipelineKafka, type PipelineKafka } from './pipeline-kafka';
import { progressBar } from './progress';
import { RecordBatches } from './record-batches';

interface Options extends JsonOption {
  from?: number;
  to?: number;
  project?: string;
  allProjects?: true;
  customer?: string;
  type?: string;
  force?: true;
  yes?: true;
  dryRun?: true;
}

/** Selects the events to replay. */
export interface Selection {
  fromMs: number | undefined;
  toMs: number;
  /** Undefined for all projects. */
  project: string | undefined;
  defaultProject: string;
  customer: string | undefined;
  type: string | undefined;
}

export function replayCommand(): Command {
  return withExamples(
    withJson(
      new Command('replay')
        .description(
          'Send events in Kafka through the pipeline again. Events that were delivered are skipped as duplicates, unless --force is given. Earlier replays are excluded',
        )
        .option('--from <time>', 'events received at or after this time (ISO 8601)', time)
        .option('--to <time>', 'events received before this time (ISO 8601)', time)
        .option('--project <id>', 'events of this project (default: PROJECT_ID)')
        .option('--all-projects', 'events of all projects')
        .option('--customer <id>', 'events that contain this customer id in any field')
        .option('--type <name>', 'events of this type')
        .option('--force', 'also deliver events that were delivered before: Statsig counts them twice')
        .option('--yes', 'do not ask for confirmation of --force')
        .option('--dry-run', 'only print what would be sent')
        .action(replay),
    ),
    'replay --project shop --from 2026-01-31T12:00:00Z --dry-run',
    'replay --customer maya --type RENEWAL',
  );
}

async function replay(options: Options): Promise<void> {
  const { force, yes, dryRun, json } = options;
  const selection = parseSelection(options, Date.now());
  const pipeline = await pipelineKafka();
  let count = 0;
  await readSelected(pipeline, selection, () => {
    count += 1;
  });
  const matching = `${count} events match.`;
  if (dryRun === true || count === 0) {
    print({ matching: count, sent: 0, replay: null }, json, matching);
    return;
  }
  if (force === true && yes !== true) {
    const question = `Statsig cannot undo events: ${count} will be counted twice.`;
    if (!(await confirm(question, 'force'))) {
      print({ matching: count, sent: 0, replay: null }, json, `${matching} Nothing was sent.`);
      return;
    }
  }

  const run = force === true ? new Date().toISOString().replaceAll(/[^0-9]/g, '') : undefined;
  await pipeline.producing(async (producer) => {
    const { project, customer } = selection;
    const target = project ?? 'all projects';
    const detail = {
      from: isoText(options.from),
      to: isoText(options.to),
      type: options.type,
      // The audit log must not contain customer ids, since it outlives a forgotten customer.
      ...(customer !== undefined && { customerHash: customerHash(project ?? '', customer) }),
      evenIfDelivered: force === true,
      events: count,
    };
    await writeAudit(producer, pipeline.topics, { action: 'replay', target, detail });
    const bar = progressBar('replayed');
    bar.total(count);
    await sendSelected(pipeline, selection, producer, run, bar.step);
    bar.end();
  });
  const outcome =
    run === undefined
      ? 'Sent again. Events that were delivered get the outcome "duplicate".'
      : `Sent again. They are delivered with ids that end in ":replay-${run}".`;
  print({ matching: count, sent: count, replay: run ?? null }, json, `${matching}\n${outcome}`);
}

function parseSelection(
  { from, to, project, allProjects, customer, type }: Options,
  nowMs: number,
): Selection {
  if (project !== undefined && allProjects === true)
    throw new CannotRunError('Give either --project or --all-projects, not both.');
  const { PROJECT_ID } = readConfig(z.object(projectConfig));
  return {
    fromMs: from,
    // Exclude events that arrive after counting.
    toMs: Math.min(nowMs, to ?? Infinity),
    project: allProjects === true ? undefined : (project ?? PROJECT_ID),
    defaultProject: PROJECT_ID,
    customer,
    type,
  };
}

async function readSelected(
  { kafka, prefix, topics }: PipelineKafka,
  selection: Selection,
  visit: (record: ConsumedRecord) => void | Promise<void>,
): Promise<void> {
  const { fromMs } = selection;
  const options = { topicPrefix: prefix, ...(fromMs !== undefined && { fromMs }) };
  await readTopic(kafka, topics.events, options, async (record) => {
    if (isSelected(record, selection)) await visit(record);
  });
}

/** Reads the events again, so that only one batch is in memory. */
async function sendSelected(
  pipeline: PipelineKafka,
  selection: Selection,
  producer: Pick<RecordProducer, 'send'>,
  run: string | undefined,
  onSent: (count: number) => void,
): Promise<void> {
  const batches = new RecordBatches(async (records) => {
    await producer.send(records);
    onSent(records.length);
  });
  await readSelected(pipeline, selection, (record) => batches.add(replayRecord(record, run)));
  await batches.end();
}

function isoText(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString();
}

export function isSelected({ value, headers, timestampMs }: ConsumedRecord, selection: Selection): boolean {
  const { toMs, project, defaultProject, customer, type } = selection;
  if (timestampMs >= toMs || headers[headerNames.source] === 'replay') return false;
  if (project !== undefined && (headers[headerNames.projectId] ?? defaultProject) !== project) return false;
  const parsed = parseEnvelope(value ?? Buffer.alloc(0));
  if (parsed.kind !== 'envelope') return false;
  const { event } = parsed.envelope;
  return (
    (type === undefined || event.type === type) && (customer === undefined || namesCustomer(event, customer))
  );
}

/** @param run id of the replay, if it also repeats events that were delivered */
export function replayRecord(
  { topic, key, value, headers }: ConsumedRecord,
  run: string | undefined,
): ProducedRecord {
  return { topic, key, value, headers: replayHeaders(headers, run) };
}
