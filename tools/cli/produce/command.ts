import { randomInt } from 'node:crypto';
import { open } from 'node:fs/promises';
import { projectConfig, webhookConfig, webhookPath } from '@app/integrations';
import { readConfig } from '@app/platform';
import { Command, Option } from 'commander';
import { z } from 'zod';
import { CannotRunError, exitCodes } from '../exit-codes';
import { type JsonOption, print, withExamples, withJson, writeText } from '../output';
import { positiveInteger, projectId, time } from '../parse-option';
import { pipelineKafka } from '../pipeline-kafka';
import { progressBar, progressCounter } from '../progress';
import { pathOf } from '../read-input';
import { EndpointSink, ingestAccess } from './endpoint-sink';
import { type EventSink } from './event-sink';
import { type EventToSend } from './event-to-send';
import { generateEvents } from './generate-events';
import { pace } from './pace';
import { type InputFormat, inputFormats, readEvents } from './read-events';
import { type ProduceResult, ProduceSummary, summaryText } from './summary';
import { TopicSink } from './topic-sink';

interface Options extends JsonOption {
  file?: string;
  format?: InputFormat;
  events?: number;
  customers: number;
  seed?: string;
  until?: number;
  to: 'endpoint' | 'topic';
  project?: string;
  rate?: number;
  concurrency: number;
  attempts: number;
}

export function produceCommand(): Command {
  const generated = (option: Option): Option => option.conflicts('file');
  return withExamples(
    withJson(
      new Command('produce')
        .description(
          'Send events: from a file or standard input as NDJSON or CSV, or generated ones (--events). The webhook credentials of the project are read from WEBHOOK_AUTHORIZATION and WEBHOOK_SIGNING_SECRET',
        )
        .option('--file <path>', 'file with one event per line or row; - or no file: standard input')
        .addOption(
          new Option(
            '--format <name>',
            'format of the input (default: csv for *.csv, otherwise ndjson)',
          ).choices(inputFormats),
        )
        .addOption(
          generated(new Option('--events <count>', 'generate this many events').argParser(positiveInteger)),
        )
        .addOption(
          generated(
            new Option('--customers <count>', 'number of customers of the generated events')
              .argParser(positiveInteger)
              .default(100),
          ),
        )
        .addOption(
          generated(
            new Option('--seed <text>', 'generate the same customers and events as before (default: random)'),
          ),
        )
        .addOption(
          generated(
            new Option(
              '--until <time>',
              'time of the last generated events, in ISO 8601 (default: now)',
            ).argParser(time),
          ),
        )
        .addOption(
          new Option('--to <target>', 'the webhook endpoint at INGEST_URL, or the topic revenuecat.events')
            .choices(['endpoint', 'topic'])
            .default('endpoint'),
        )
        .option('--project <id>', 'project of the events (default: PROJECT_ID)', projectId)
        .option('--rate <count>', 'maximum number of events per second', positiveInteger)
        .option('--concurrency <count>', 'maximum number of requests in flight', positiveInteger, 16)
        .option(
          '--attempts <count>',
          'maximum number of attempts of one event if the endpoint is unavailable',
          positiveInteger,
          6,
        )
        .action(produce),
    ),
    'produce --events 1000 --customers 50 --seed demo --rate 20',
    'produce --file events.ndjson --project shop',
    'produce --to topic --format csv < events.csv',
  );
}

async function produce(options: Options): Promise<void> {
  const { events, rate, to, json } = options;
  const seed = events === undefined ? undefined : (options.seed ?? String(randomInt(1_000_000_000)));
  const source = events === undefined ? await readInput(options) : generated(options, events, seed ?? '');
  const bar = events === undefined ? progressCounter('sent') : progressBar('sent');
  bar.total(events ?? 0);
  const summary = new ProduceSummary(bar.step);
  const startedMs = performance.now();
  const resultSoFar = (): ProduceResult => summary.result(performance.now() - startedMs, seed);
  const paced = rate === undefined ? source : pace(source, rate);
  try {
    await (to === 'topic' ? sendToTopic : sendToEndpoint)(paced, options, summary);
  } catch (error) {
    // Some events may have been accepted.
    if (!(error instanceof CannotRunError)) writeText(process.stderr, summaryText(resultSoFar()));
    throw error;
  } finally {
    bar.end();
  }
  const result = resultSoFar();
  print(result, json, summaryText(result));
  if (result.rejected > 0) process.exitCode = exitCodes.failed;
}

type Events = AsyncIterable<EventToSend> | Iterable<EventToSend>;

function generated({ customers, until }: Options, events: number, seed: string): Events {
  return generateEvents({ seed, customers, events, untilMs: until ?? Date.now() });
}

async function readInput({ file, format }: Options): Promise<Events> {
  if (file === undefined && process.stdin.isTTY)
    throw new CannotRunError(
      'Give a file (--file), pipe events to standard input, or generate some (--events).',
    );
  const byName = file?.toLowerCase().endsWith('.csv') === true ? 'csv' : 'ndjson';
  return readEvents(await openInput(file), format ?? byName);
}

async function openInput(file = '-'): Promise<AsyncIterable<string>> {
  if (file === '-') return process.stdin.setEncoding('utf8') as AsyncIterable<string>;
  const handle = await open(pathOf(file)).catch((error: unknown) => {
    throw new CannotRunError(`The file cannot be read: ${(error as Error).message}.`, { cause: error });
  });
  return handle.createReadStream({ encoding: 'utf8' }) as AsyncIterable<string>;
}

async function sendToEndpoint(events: Events, options: Options, summary: ProduceSummary): Promise<void> {
  const { INGEST_URL, WEBHOOK_AUTHORIZATION, WEBHOOK_SIGNING_SECRET } = readConfig(
    z.object({ ...ingestAccess, ...webhookConfig }),
  );
  const webhook = options.project === undefined ? '/v1/webhooks/revenuecat' : webhookPath(options.project);
  const access = {
    url: new URL(INGEST_URL.replace(/\/$/, '') + webhook),
    authorization: WEBHOOK_AUTHORIZATION,
    signingSecret: WEBHOOK_SIGNING_SECRET,
  };
  const sink = new EndpointSink(access, options, summary);
  await sink.checkReachable();
  await sendAll(events, sink);
}

async function sendToTopic(events: Events, { project }: Options, summary: ProduceSummary): Promise<void> {
  const { PROJECT_ID } = readConfig(z.object(projectConfig));
  const { topics, producing } = await pipelineKafka();
  await producing((producer) =>
    sendAll(events, new TopicSink(topics, project ?? PROJECT_ID, producer, summary)),
  );
}

async function sendAll(events: Events, sink: EventSink): Promise<void> {
  try {
    for await (const event of events) await sink.write(event);
  } finally {
    await sink.end();
  }
}
