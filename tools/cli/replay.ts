import { type ConsumedRecord, headerNames, type ProducedRecord, readTopic } from '@app/kafka';
import { parseEnvelope, type RevenueCatEvent } from '@app/revenuecat';
import { Command } from 'commander';
import { confirmed } from './confirmed';
import { pipelineKafka } from './pipeline-kafka';
import { progressBar } from './progress';

interface Options {
  from?: string;
  to?: string;
  customer?: string;
  type?: string;
  again?: true;
  yes?: true;
  dryRun?: true;
}

const sentAtOnce = 500;

export function replayCommand(): Command {
  return new Command('replay')
    .description(
      'Send history again from Kafka. What was delivered is found in the ledger, unless --again is given',
    )
    .option('--from <time>', 'events that arrived from this time on (ISO 8601)')
    .option('--to <time>', 'events that arrived before this time (ISO 8601)')
    .option('--customer <id>', 'events that name this customer by any id')
    .option('--type <name>', 'events of this type')
    .option('--again', 'deliver them although they were: Statsig will count them twice')
    .option('--yes', 'do not ask whether --again is meant')
    .option('--dry-run', 'only say what would be sent')
    .action(replay);
}

async function replay(options: Options): Promise<void> {
  const { from, to, again, yes, dryRun } = options;
  const pipeline = pipelineKafka();
  const fromMs = from === undefined ? undefined : timeOf(from, '--from');
  const toMs = to === undefined ? Infinity : timeOf(to, '--to');
  const chosen: ConsumedRecord[] = [];
  await readTopic(
    pipeline.kafka,
    pipeline.topics.events,
    fromMs === undefined ? {} : { fromMs },
    (record) => {
      if (record.timestampMs < toMs && isChosen(record, options)) chosen.push(record);
    },
  );
  process.stdout.write(`${String(chosen.length)} events are meant.\n`);
  if (dryRun === true || chosen.length === 0) return;
  if (again === true && yes !== true) {
    const question = `Statsig cannot take events back: ${String(chosen.length)} will be counted a second time.`;
    if (!(await confirmed(question, 'again'))) return;
  }

  const run = new Date().toISOString().replaceAll(/[^0-9]/g, '');
  const bar = progressBar('replayed');
  bar.total(chosen.length);
  await pipeline.producing(async (producer) => {
    for (let at = 0; at < chosen.length; at += sentAtOnce) {
      const records = chosen.slice(at, at + sentAtOnce);
      await producer.send(records.map((record) => replayed(record, again === true ? run : undefined)));
      bar.step(records.length);
    }
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

export function isChosen(
  { value }: ConsumedRecord,
  { customer, type }: Pick<Options, 'customer' | 'type'>,
): boolean {
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
    const value = fields[name];
    return value === id || (Array.isArray(value) && value.includes(id));
  });
}

/** @param run names a replay that is to be delivered although it was before */
export function replayed(
  { topic, key, value, headers }: ConsumedRecord,
  run: string | undefined,
): ProducedRecord {
  return {
    topic,
    key,
    value,
    headers: {
      ...headers,
      [headerNames.source]: 'replay',
      ...(run !== undefined && { [headerNames.replay]: run }),
    },
  };
}
