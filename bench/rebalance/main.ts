/**
 * Measures how long events wait when a dispatcher joins, leaves or is killed under load.
 * `npm run bench -- rebalance` writes bench/results/rebalance.md.
 */
import { rm } from 'node:fs/promises';
import { type ProducedRecord } from '@app/kafka';
import { Command } from 'commander';
import { type ChaosPipeline, withPipeline, pause } from '../../test/chaos/chaos-pipeline';
import { startChaosEnvironment } from '../../test/chaos/chaos-environment';
import { describeEnvironment } from '../environment';
import { writeResults } from '../write-results';
import { quantilesOf } from '../quantile';
import { type Phase, report } from './report';

const eventsPerSecond = 300;
const customers = 2_000;
/** Short, so that requests are in flight at any time. */
const stepMs = 20;
/** Events that arrived this long before an action may still be in flight, so it affects them too. */
const inFlightMs = 500;
const observedMs = 20_000;
/** Long enough for the session and the leases of a killed dispatcher to expire. */
const observedAfterKillMs = 90_000;

interface Action {
  what: string;
  observedMs: number;
  act: (pipeline: ChaosPipeline) => Promise<unknown>;
}

const actions: Action[] = [
  { what: 'nothing happens', observedMs, act: () => Promise.resolve() },
  { what: 'a fourth joins three', observedMs, act: ({ dispatchers }) => dispatchers.start() },
  {
    what: 'one of four leaves (SIGTERM)',
    observedMs,
    act: ({ dispatchers }) => dispatchers.terminate(dispatchers.all[0]),
  },
  {
    what: 'one of three is killed (SIGKILL) and restarted',
    observedMs: observedAfterKillMs,
    act: ({ dispatchers }) => dispatchers.kill(dispatchers.all[0]),
  },
];

async function main(): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const environment = await startChaosEnvironment(undo, { brokers: 1 });
  const settings = { ...environment, events: 0, customers, seed: 1, isShort: false, timeScale: 1 };
  const phases = await withPipeline(settings, { format: 'revenuecat' }, observe);
  await writeResults('rebalance', {
    environment: await describeEnvironment(environment.redisUrl),
    report: report(phases, { eventsPerSecond, customers }),
    results: phases.map(({ what, waitedMs }) => ({
      what,
      events: waitedMs.length,
      ...quantilesOf(waitedMs),
    })),
  });
  await rm(environment.logFolder, { recursive: true });
}

/** Performs the actions one after another under load, and returns how long the events of each phase waited. */
async function observe(pipeline: ChaosPipeline): Promise<Phase[]> {
  await pipeline.statsig.faults({ kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } });
  await pipeline.dispatchers.scaleTo(3);
  await pipeline.dispatchers.ready();
  let isOver = false;
  const flowing = flow(pipeline, () => isOver);
  await pause(observedMs);
  const spans: { what: string; fromMs: number; untilMs: number }[] = [];
  for (const { what, observedMs: ms, act } of actions) {
    process.stdout.write(`${what} …\n`);
    const fromMs = Date.now();
    await act(pipeline);
    await pause(ms);
    spans.push({ what, fromMs, untilMs: Date.now() });
  }
  isOver = true;
  await flowing;
  await pipeline.drain();
  const delivered = (await pipeline.receipts()).filter(({ outcome }) => outcome === 'delivered');
  return spans.map(({ what, fromMs, untilMs }) => ({
    what,
    waitedMs: delivered.flatMap(({ atMs, sinceReceivedMs = 0 }) => {
      const receivedAtMs = atMs - sinceReceivedMs;
      return receivedAtMs >= fromMs - inFlightMs && receivedAtMs < untilMs - inFlightMs
        ? [sinceReceivedMs]
        : [];
    }),
  }));
}

/** Writes events at a constant rate; each is created when it is written. */
async function flow(pipeline: ChaosPipeline, isOver: () => boolean): Promise<void> {
  const traffic = pipeline.deliveries({ events: Infinity });
  const startMs = performance.now();
  for (let step = 1; !isOver(); step++) {
    const records: ProducedRecord[] = [];
    while (records.length < (eventsPerSecond * stepMs) / 1_000)
      records.push(traffic.next().value as ProducedRecord);
    await pipeline.write(records);
    await pause(Math.max(0, step * stepMs - (performance.now() - startMs)));
  }
}

new Command('npm run bench -- rebalance')
  .description('Measures how long events wait when a dispatcher joins, leaves or is killed under load')
  .action(main)
  .parse();
