import { cp } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { root } from '../../tools/start/root';
import { type ChaosSettings } from './chaos-pipeline';
import { chaosTable, type Row } from './chaos-table';
import { startChaosEnvironment } from './chaos-environment';
import { problemsOf, type Scenario } from './scenario';
import { scenarios } from './scenarios';

interface Options {
  brokers: string;
  only?: string;
  short?: true;
  events: string;
  customers: string;
  seed: string;
  timeScale: string;
}

const options = new Command('chaos')
  .description(
    'Delivers events under many kinds of faults, and checks the events that the simulated Statsig accepted.',
  )
  .option('--brokers <count>', 'Kafka brokers, 1 or 3', '3')
  .option('--only <numbers>', 'scenarios by number, comma-separated')
  .option('--short', 'a few scenarios with fewer events')
  .option('--events <count>', 'events in each scenario', '20000')
  .option('--customers <count>', 'number of customers', '2000')
  .option('--seed <number>', 'seed of all random choices, to repeat a run', '1')
  .option(
    '--time-scale <factor>',
    'factor for the duration of the scenarios that take ten minutes or more',
    '1',
  )
  .parse()
  .opts<Options>();

void main();

async function main(): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const settings: ChaosSettings = {
    ...(await startChaosEnvironment(undo, { brokers: Number(options.brokers) })),
    isShort: options.short === true,
    events: Number(options.short === undefined ? options.events : '4000'),
    customers: Number(options.short === undefined ? options.customers : '400'),
    seed: Number(options.seed),
    timeScale: Number(options.timeScale),
  };
  process.stdout.write(
    `${options.brokers} brokers, ${String(settings.events)} events of ${String(settings.customers)} customers, seed ${String(settings.seed)}; logs in ${settings.logFolder}\n`,
  );

  const rows: Row[] = [];
  for (const [number, scenario] of selectScenarios()) {
    process.stdout.write(`${String(number)}. ${scenario.name} …\n`);
    const row = await runScenario(number, scenario, settings);
    rows.push(row);
    const verdict = row.problems.length === 0 ? 'passed' : row.problems.join('; ');
    const lines = [`${verdict} (${String(row.seconds)} s)`, ...(row.outcome?.notes ?? [])];
    process.stdout.write(lines.map((line) => `   ${line}\n`).join(''));
  }
  process.stdout.write(`\n${chaosTable(rows)}\n`);
  const hasPassed = rows.every(({ problems }) => problems.length === 0);
  process.exitCode = hasPassed ? 0 : 1;
  if (!hasPassed) {
    // The log folder is removed on exit.
    const kept = path.join(root, 'dist', 'chaos', path.basename(settings.logFolder));
    await cp(settings.logFolder, kept, { recursive: true });
    process.stdout.write(`Logs: ${kept}\n`);
  }
}

function selectScenarios(): [number, Scenario][] {
  const numbers = options.only?.split(',').map(Number);
  return [...scenarios.entries()].filter(
    ([number, { isShort }]) =>
      (numbers?.includes(number) ?? true) && (options.short === undefined || isShort === true),
  );
}

async function runScenario(number: number, scenario: Scenario, settings: ChaosSettings): Promise<Row> {
  const startMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startMs) / 1_000);
  try {
    const outcome = await scenario.run(settings);
    return { number, name: scenario.name, outcome, problems: problemsOf(outcome), seconds: seconds() };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { number, name: scenario.name, problems: [problem], seconds: seconds() };
  }
}
