import { type Stack } from '@tools/stack';
import { describeEnvironment } from '../environment';
import { quantile } from '../quantile';
import { writeResults } from '../write-results';
import { fill, type FillProgress } from './fill';
import { pageRequests } from './pages';
import { type RequestTimes, report } from './report';
import { RunningConsole } from './running-console';

const rounds = 100;
const concurrency = 2;
const passes = 12;

/** Measures how fast a read model stores `count` events, and how fast the pages respond afterwards. */
export async function measureFull(stack: Stack, database: string, count: number): Promise<void> {
  const filled: FillProgress[] = [];
  fill(database, { to: count, endMs: Date.now() }, (line) => {
    filled.push(line);
    process.stderr.write(
      `${line.events} events, ${Math.round(line.eventsPerSecond)}/s, ${Math.round(line.eventsPerProcessorSecond)}/processor s\n`,
    );
  });
  const running = await RunningConsole.start(stack, database);
  try {
    const memoryBytes: number[] = [];
    let requestTimes: RequestTimes[] = [];
    for (let pass = 0; pass < passes; pass += 1) {
      requestTimes = await measureRequests(running, count, rounds);
      memoryBytes.push(await running.memoryBytes());
    }
    await writeResults('console', {
      environment: await describeEnvironment(stack.redisUrl),
      report: report(filled, requestTimes, { memoryBytes, requestsPerPass: rounds * pageRequests.length }),
      results: { filled, requestTimes, memoryBytes },
      command: 'console --only full',
    });
    const slow = requestTimes.filter(({ p95 }) => p95 >= 200);
    if (slow.length > 0)
      throw new Error(`95th percentile above 200 ms: ${slow.map(({ what }) => what).join(', ')}`);
  } finally {
    await running.stop();
  }
}

async function measureRequests(
  running: RunningConsole,
  count: number,
  times: number,
): Promise<RequestTimes[]> {
  const requestTimes: RequestTimes[] = [];
  for (const { page, what, path: pathOf } of pageRequests) {
    const durations: number[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < times) {
        // Spreads requests over all events, the same in each run.
        const i = (next++ * 7_919) % count;
        const startedAt = performance.now();
        const response = await fetch(`${running.url}/api/${pathOf(i)}`);
        await response.arrayBuffer();
        durations.push(performance.now() - startedAt);
        if (!response.ok) throw new Error(`${pathOf(i)} responded with ${response.status}`);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    const at = (share: number): number => quantile(durations, share);
    requestTimes.push({ page, what, p50: at(0.5), p95: at(0.95), worst: at(1) });
  }
  return requestTimes;
}
