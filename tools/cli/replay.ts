import { projectIdSchema } from '@app/integrations';
import { type ConsumedRecord, headerNames, type ProducedRecord, readTopic } from '@app/kafka';
import { readConfig } from '@app/platform';
import { parseEnvelope, type RevenueCatEvent } from '@app/revenuecat';
import { Command } from 'commander';
import { z } from 'zod';
import { confirmed } from './confirmed';
import { pipelineKafka } from './pipeline-kafka';
import { progressBar } from './progress';

interface Options extends Choice {
  from?: string;
  to?: string;
  again?: true;
  yes?: true;
  dryRun?: true;
}

/** Which events; what is absent narrows nothing. */
interface Choice {
  project?: string;
  customer?: string;
  type?: string;
}

/** As the console marks what it sends again, too. */
const replaySource = 'replay';
const config = z.object({ PROJECT_ID: projectIdSchema.default('default') });
const recordsAtOnce = 500;
/** A copy is neither the one of an earlier replay nor the one that was taken out of a dead-letter topic. */
const namesOfEarlierCopies: ReadonlySet<string> = new Set([headerNames.replay, headerNames.redriveOf]);

export function replayCommand(): Command {
  return new Command('replay')
    .description(
      'Send history again from Kafka. What was delivered is found in the ledger, unless --again is given. What was sent again before is left out',
    )
    .option('--from <time>', 'events that arrived from this time on (ISO 8601)')
    .option('--to <time>', 'events that arrived before this time (ISO 8601)')
    .option('--project <id>', 'events of this project; without it, of all projects')
    .option('--customer <id>', 'events that name this customer by any id')
    .option('--type <name>', 'events of this type')
    .option('--again', 'deliver them although they were: Statsig will count them twice')
    .option('--yes', 'do not ask whether --again is meant')
    .option('--dry-run', 'only say what would be sent')
    .action(replay);
}

/** Reads the topic twice, first to count: however many events are chosen, few are in memory. */
async function replay(options: Options): Promise<void> {
  const { from, to, again, yes, dryRun } = options;
  const pipeline = pipelineKafka();
  const { PROJECT_ID } = readConfig(config);
  const fromMs = from === undefined ? undefined : timeOf(from, '--from');
  // What is sent again from now on, or arrives meanwhile, is not chosen.
  const toMs = Math.min(to === undefined ? Infinity : timeOf(to, '--to'), Date.now());
  const readChosen = (visit: (record: ConsumedRecord) => void | Promise<void>): Promise<void> =>
    readTopic(pipeline.kafka, pipeline.topics.events, fromMs === undefined ? {} : { fromMs }, (record) =>
      record.timestampMs < toMs && isChosen(record, options, PROJECT_ID) ? visit(record) : undefined,
    );

  let count = 0;
  await readChosen(() => {
    count += 1;
  });
  process.stdout.write(`${String(count)} events are chosen.\n`);
  if (dryRun === true || count === 0) return;
  if (again === true && yes !== true) {
    const question = `Statsig cannot take events back: ${String(count)} will be counted a second time.`;
    if (!(await confirmed(question, 'again'))) return;
  }

  const run = new Date().toISOString().replaceAll(/[^0-9]/g, '');
  const bar = progressBar('replayed');
  bar.total(count);
  await pipeline.producing(async (producer) => {
    let records: ProducedRecord[] = [];
    const flush = async (): Promise<void> => {
      await producer.send(records);
      bar.step(records.length);
      records = [];
    };
    await readChosen(async (record) => {
      records.push(replayed(record, again === true ? run : undefined));
      if (records.length >= recordsAtOnce) await flush();
    });
    await flush();
  });
  bar.end();
  process.stdout.write(
    again === true
      ? `Sent again, to be delivered under ids that end in ":replay-${run}".\n`
      : 'Sent again. What was delivered already will end in receipts that say "duplicate".\n',
  );
}

function timeOf(text: string, option: string): number {
  const timeMs = Date.parse(text);
  if (Number.isNaN(timeMs))
    throw new Error(`${option} is no time: "${text}". Write it as 2026-01-31T12:00:00Z.`);
  return timeMs;
}

/** @param defaultProjectId project of events that name none */
export function isChosen(
  { value, headers }: Pick<ConsumedRecord, 'value' | 'headers'>,
  { project, customer, type }: Choice,
  defaultProjectId: string,
): boolean {
  // The original is chosen itself: with its copies, each replay would send twice as many as the one before.
  if (headers[headerNames.source] === replaySource) return false;
  if (project !== undefined && (headers[headerNames.projectId] ?? defaultProjectId) !== project) return false;
  const parsed = parseEnvelope(value ?? Buffer.alloc(0));
  if (parsed.kind !== 'envelope') return false;
  const { event } = parsed.envelope;
  return (type === undefined || event.type === type) && (customer === undefined || names(event, customer));
}

/** Whether one of the fields that hold ids of customers holds this one. */
function names({ fields }: RevenueCatEvent, id: string): boolean {
  const idFields = [
    'app_user_id',
    'original_app_user_id',
    'aliases',
    'transferred_from',
    'transferred_to',
    'redeemed_from',
    'redeemed_by',
  ];
  return idFields.some((name) => {
    const values = [fields[name] ?? null].flat();
    return values.some((value) => typeof value !== 'object' && String(value) === id);
  });
}

/** @param run names a replay that is to be delivered although it was before */
export function replayed(
  { topic, key, value, headers }: ConsumedRecord,
  run: string | undefined,
): ProducedRecord {
  const own = Object.entries(headers).filter(([name]) => !namesOfEarlierCopies.has(name));
  return {
    topic,
    key,
    value,
    headers: {
      ...Object.fromEntries(own),
      [headerNames.source]: replaySource,
      ...(run !== undefined && { [headerNames.replay]: run }),
    },
  };
}
