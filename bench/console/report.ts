import { type FillProgress } from './fill';

export interface RequestTimes {
  page: string;
  what: string;
  p50: number;
  p95: number;
  worst: number;
}

const number = new Intl.NumberFormat('en');
const mib = (bytes: number): string => number.format(Math.round(bytes / 1_048_576));

/** Returns the text of bench/results/console.md. */
export function report(
  filled: readonly FillProgress[],
  requestTimes: readonly RequestTimes[],
  { memoryBytes, requestsPerPass }: { memoryBytes: readonly number[]; requestsPerPass: number },
): string {
  const last = filled.at(-1)?.events ?? 0;
  return `# The console with ${number.format(last)} events

Each event is three records: the event, its delivery and its receipt, in batches of 250 per partition; processor and disk are shared with other processes of the machine.

## Storing events

Measures the read model alone, without Kafka.

| events so far | events/s by the clock | events per second of processor time | memory of the process, MiB | file, MiB |
| ---: | ---: | ---: | ---: | ---: |
${filled.map((row) => `| ${number.format(row.events)} | ${number.format(Math.round(row.eventsPerSecond))} | ${number.format(Math.round(row.eventsPerProcessorSecond))} | ${mib(row.memoryBytes)} | ${mib(row.fileBytes)} |`).join('\n')}

## Response times

The built console over HTTP, with a real Kafka and Redis, two requests at a time; the last of ${memoryBytes.length} passes of ${number.format(requestsPerPass)} requests. Times in milliseconds.

| page | request | median | 95 % | worst |
| --- | --- | ---: | ---: | ---: |
${requestTimes.map((row) => `| ${row.page} | ${row.what} | ${row.p50.toFixed(1)} | ${row.p95.toFixed(1)} | ${row.worst.toFixed(1)} |`).join('\n')}

Memory of the console after each pass, MiB: ${memoryBytes.map(mib).join(', ')}. The heap is limited as in a container of 512 MiB, and at most 16 MiB of the file's pages are cached.
`;
}
