import { type KafkaClient } from '@app/kafka';
import { type Stack } from '@tools/stack';
import { describeEnvironment } from '../environment';
import { writeResults } from '../write-results';
import { writeBacklog } from './backlog';
import { catchUp, type CatchUpResult } from './catch-up';

const command = 'console --only backlog';
const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Measures how fast a console with an empty read model reads a backlog from Kafka. */
export async function measureBacklog(
  stack: Stack,
  kafka: KafkaClient,
  database: string,
  events: number,
): Promise<void> {
  const records = await writeBacklog(kafka, events, Date.now());
  process.stderr.write(`${events} events in Kafka, ${records} records\n`);
  const results = await catchUp(stack, database, { events, records });
  const environment = await describeEnvironment(stack.redisUrl);
  await writeResults('console-backlog', { environment, report: report(results), results, command });
}

function report({ events, records, ms, processorMs, memoryBytes }: CatchUpResult): string {
  return `# The console and a backlog in Kafka

${number.format(events)} events (each an event, a delivery and a receipt, some more: ${number.format(records)} records in 12 partitions a topic) are in a real Kafka before the built console starts with an empty read model. Measured from the first record in the read model to the last. Kafka runs on the same machine.

| | |
| --- | ---: |
| events per second by the clock | ${number.format(events / (ms / 1_000))} |
| records per second by the clock | ${number.format(records / (ms / 1_000))} |
| events per second of the console's processor time | ${number.format(events / (processorMs / 1_000))} |
| processor time of the console, of one processor | ${number.format((100 * processorMs) / ms)} % |
| memory of the console at the end, MiB | ${number.format(memoryBytes / 1_048_576)} |
`;
}
