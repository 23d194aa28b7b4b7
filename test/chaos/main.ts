import { rm } from 'node:fs/promises';
import { Command } from 'commander';
import { type ArenaSettings } from './arena';
import { chaosTable, type Row } from './chaos-table';
import { startProvingGround } from './proving-ground';
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
  .description('Delivers through faults of every kind, and checks by Statsig’s own record what arrived.')
  .option('--brokers <count>', 'Kafka brokers, 1 or 3', '3')
  .option('--only <numbers>', 'scenarios by number, comma-separated')
  .option('--short', 'a few scenarios with fewer events')
  .option('--events <count>', 'events in each scenario', '20000')
  .option('--customers <count>', 'customers whom they are about', '2000')
  .option('--seed <number>', 'of what is random, to run the same again', '1')
  .option('--time-scale <factor>', 'factor of the length of the scenarios that take ten minutes or more', '1')
  .parse()
  .opts<Options>();

void main();

async function main(): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const settings: ArenaSettings = {
    ...(await startProvingGround(undo, { brokers: Number(options.brokers) })),
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
  for (const [number, scenario] of wanted()) {
    process.stdout.write(`${String(number)}. ${scenario.name} …\n`);
    const row = await runScenario(number, scenario, settings);
    rows.push(row);
    const verdict = row.problems.length === 0 ? 'held' : row.problems.join('; ');
    const lines = [`${verdict} (${String(row.seconds)} s)`, ...(row.outcome?.notes ?? [])];
    process.stdout.write(lines.map((line) => `   ${line}\n`).join(''));
  }
  process.stdout.write(`\n${chaosTable(rows)}\n`);
  const isHeld = rows.every(({ problems }) => problems.length === 0);
  process.exitCode = isHeld ? 0 : 1;
  // Only what went wrong needs its logs.
  if (isHeld) await rm(settings.logFolder, { recursive: true });
}

function wanted(): [number, Scenario][] {
  const numbers = options.only?.split(',').map(Number);
  return [...scenarios.entries()].filter(
    ([number, { isShort }]) =>
      (numbers?.includes(number) ?? true) && (options.short === undefined || isShort === true),
  );
}

async function runScenario(number: number, scenario: Scenario, settings: ArenaSettings): Promise<Row> {
  const begun = performance.now();
  const seconds = (): number => Math.round((performance.now() - begun) / 1_000);
  try {
    const outcome = await scenario.run(settings);
    return { number, name: scenario.name, outcome, problems: problemsOf(outcome), seconds: seconds() };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { number, name: scenario.name, problems: [problem], seconds: seconds() };
  }
}
