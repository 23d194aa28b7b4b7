/**
 * Profiles each app while the whole pipeline receives webhooks at a constant rate and then drains a backlog.
 * `npm run bench -- profile` writes a flame graph of each to bench/results/flame-graphs.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { startBenchStack } from '../bench-stack';
import { describeEnvironment } from '../environment';
import { measureDrain } from '../pipeline/measure-drain';
import { measureRate } from '../pipeline/measure-rate';
import { inRounds, RunningPipeline } from '../pipeline/running-pipeline';
import { withTemporaryFolder } from '../temporary-folder';
import { type CpuProfile, framesOf } from './cpu-profile';
import { flameGraph } from './flame-graph';

const options = new Command('npm run bench -- profile')
  .description('Profiles the apps, and writes a flame graph of each')
  .option('--rate <count>', 'events per second', '500')
  .option('--seconds <count>', 'duration of the load', '30')
  .option('--backlog <count>', 'events of the backlog', '100000')
  .parse()
  .opts<{ rate: string; seconds: string; backlog: string }>();

const customers = 10_000;
const results = path.join(__dirname, '..', 'results', 'flame-graphs');

void withTemporaryFolder(main);

async function main(folder: string): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const stack = await startBenchStack(undo);
  const profileFolder = path.join(folder, 'profiles');
  const pipeline = await RunningPipeline.start({
    stack,
    format: 'revenuecat',
    database: path.join(folder, 'read-model.sqlite'),
    logFolder: folder,
    profileFolder,
    eventAt: inRounds(customers),
  });
  try {
    await measureRate(pipeline, {
      perSecond: Number(options.rate),
      warmUpMs: 0,
      measuredMs: 1_000 * Number(options.seconds),
    });
    await measureDrain(pipeline, Number(options.backlog));
  } finally {
    await pipeline.stop();
  }
  const { commit } = await describeEnvironment(stack.redisUrl);
  await mkdir(results, { recursive: true });
  for (const app of await readdir(profileFolder)) {
    const profile = await lastProfile(path.join(profileFolder, app));
    const file = path.join(results, `${app}.svg`);
    await writeFile(file, flameGraph(`${app} at commit ${commit}`, framesOf(profile)));
    process.stdout.write(`${file}\n`);
  }
}

/** The mapper has two: it is restarted before the backlog, and its later profile is only of the backlog. */
async function lastProfile(folder: string): Promise<CpuProfile> {
  const names = await readdir(folder);
  const last = names.toSorted().at(-1);
  if (last === undefined) throw new Error(`There is no profile in ${folder}.`);
  return JSON.parse(await readFile(path.join(folder, last), 'utf8')) as CpuProfile;
}
