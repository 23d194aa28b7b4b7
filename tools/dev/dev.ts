import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeOnExit, type Stack, startStack, until } from '@tools/stack';
import getPort from 'get-port';
import { type AppSpec, consoleApp, type Credentials, pipelineApps, simulator } from '../start/apps';
import { credentialsIn } from '../start/credentials';
import { hints } from '../start/hints';
import { createKafka, createTopics } from '../start/pipeline';
import { announce, type RunningPipeline, runningPipeline } from '../start/ready-file';
import { keptData, root } from '../start/root';
import { step } from '../start/step';
import { Sources } from './sources';
import { type Watched, watchApp, watchPages } from './watch';

export const appNames = ['statsig-simulator', 'ingest', 'mapper', 'dispatcher', 'console'] as const;
export type AppName = (typeof appNames)[number];

const host = '127.0.0.1';
/** Debuggers look for a process on this port by default. */
const firstDebugPort = 9229;
const pagesPort = 5173;

/**
 * Runs these apps until the process is stopped. If `npm start` or another `npm run dev` runs in this repository, they
 * join its Kafka, Redis, Statsig and credentials; otherwise Kafka and Redis are started, and keep their data.
 */
export async function dev(
  { apps, debug }: { apps: readonly AppName[]; debug: boolean },
  undo: AsyncDisposableStack,
): Promise<never> {
  const joined = await runningPipeline();
  const stack = joined === undefined ? await startKeptStack(undo) : stackOf(joined);
  const topics = await step('Create the topics', () => createTopics(createKafka(stack)));
  const credentials = joined ?? (await credentialsIn(keptData));
  const database = path.join(await temporaryFolder(), 'read-model.sqlite');
  const launches = await plan({ apps, stack, credentials, database, joined });

  const sources = await Sources.watch([path.join(root, 'apps'), path.join(root, 'libs')]);
  undo.defer(() => sources.close());
  const running: Watched[] = [];
  undo.defer(async () => {
    await Promise.all(running.map((one) => one.stop()));
  });
  for (const [i, name] of apps.entries()) {
    const { spec, port } = launches[name];
    const debugPort = debug ? firstDebugPort + i : undefined;
    running.push(watchApp({ spec, host, port, debugPort }, sources));
  }
  let consoleUrl = launches.console.url;
  if (apps.includes('console')) {
    const port = await getPort({ host, port: pagesPort });
    running.push(await watchPages({ host, port, consoleUrl }));
    consoleUrl = `http://${host}:${port}`;
  }
  const ended = Promise.race(running.map((one) => one.ended)).then((reason): never => {
    throw new Error(reason);
  });

  const urls = apps.map((name) => launches[name].url + launches[name].spec.healthPath);
  if (apps.includes('console')) urls.push(consoleUrl);
  await Promise.race([ended, Promise.all(urls.map(responds))]);

  const pipeline = {
    ...credentials,
    ingestUrl: launches.ingest.url,
    simulatorUrl: launches['statsig-simulator'].url,
    consoleUrl,
    topics,
  };
  if (joined === undefined) await announce(stack, pipeline);
  process.stdout.write(`\n${hints(stack, pipeline)}\n`);
  process.stdout.write('\nPress Ctrl-C to stop. Kafka and Redis keep their data.\n\n');
  return ended;
}

/** Waits without a limit: an app that fails to start starts again when its source is fixed. */
async function responds(url: string): Promise<void> {
  await until(
    async () => {
      const { ok, status } = await fetch(url);
      if (!ok) throw new Error(`${url} responded with ${status}`);
    },
    { timeoutMs: Infinity, intervalMs: 200 },
  );
}

interface Launch {
  spec: AppSpec;
  port: number;
  url: string;
}

/** Chooses the port of each app that is started; the others keep the addresses of the joined pipeline. */
async function plan({
  apps,
  stack,
  credentials,
  database,
  joined,
}: {
  apps: readonly AppName[];
  stack: Stack;
  credentials: Credentials;
  database: string;
  joined: RunningPipeline | undefined;
}): Promise<Record<AppName, Launch>> {
  const launch = async (name: AppName, spec: AppSpec, joinedUrl?: string): Promise<Launch> => {
    if (!apps.includes(name)) {
      return { spec, port: spec.usualPort, url: joinedUrl ?? `http://${host}:${spec.usualPort}` };
    }
    const port = await getPort({ host, port: spec.usualPort });
    return { spec, port, url: `http://${host}:${port}` };
  };
  const statsig = await launch('statsig-simulator', simulator(credentials), joined?.simulatorUrl);
  const specs = pipelineApps(stack, credentials, statsig.url, true);
  const ingest = await launch('ingest', specs.ingest, joined?.ingestUrl);
  const console = consoleApp(specs.mapper, credentials, ingest.url, database);
  return {
    'statsig-simulator': statsig,
    ingest,
    mapper: await launch('mapper', specs.mapper),
    dispatcher: await launch('dispatcher', specs.dispatcher),
    console: await launch('console', console, joined?.consoleUrl),
  };
}

async function startKeptStack(undo: AsyncDisposableStack): Promise<Stack> {
  const stack = await step('Start Kafka and Redis', (onProgress) =>
    startStack({ purpose: 'start', keepIn: keptData, onProgress }),
  );
  undo.defer(stack.stop);
  return stack;
}

function stackOf({ kafkaBrokers, redisUrl }: RunningPipeline): Stack {
  const description = 'of the pipeline that runs already';
  return {
    kafkaBrokers,
    redisUrl,
    descriptions: { kafka: description, redis: description },
    stop: () => Promise.resolve(),
  };
}

/** The read model survives restarts of the console, but not of this process: the console builds it again from Kafka. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-dev-'));
  await removeOnExit(folder);
  return folder;
}
