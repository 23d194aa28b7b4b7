import { type Stack, startStack } from '@tools/stack';
import { buildApps } from './build-apps';
import { credentialsIn } from './credentials';
import { hints } from './hints';
import { resultsTable } from './samples/results-table';
import { runSamples } from './samples/run-samples';
import { createTopics, createKafka, type KafkaClient, launchApps, type Pipeline } from './pipeline';
import { announce, writeReadyFile } from './ready-file';
import { keptData } from './root';
import { step } from './step';

export interface StartOptions {
  once: boolean;
  keep: boolean;
  samples: boolean;
  integration: boolean;
  readyFile?: string;
}

/**
 * Starts everything, sends the sample events and shows their outcomes; then waits until the process is stopped.
 * With `once` it resolves after the sample events with the problems found.
 * Rejects if something does not start or an app exits unexpectedly. `undo` stops what was started.
 */
export async function start(options: StartOptions, undo: AsyncDisposableStack): Promise<string[]> {
  const { once, samples, readyFile } = options;
  const say = (text: string): void => void process.stdout.write(`${text}\n`);

  const { stack, kafka, pipeline } = await startPipeline(options, undo);
  if (readyFile !== undefined) await writeReadyFile(readyFile, stack, pipeline);
  else if (!once) await announce(stack, pipeline);

  let problems: string[] = [];
  if (samples) {
    const evaluation = await step('Send sample events', (onProgress) =>
      Promise.race([runSamples(pipeline, kafka, onProgress), pipeline.failure]),
    );
    problems = evaluation.problems;
    say(`\n${resultsTable(evaluation.rows)}\n`);
    for (const problem of problems) say(problem);
    if (problems.length === 0) say('All events had the expected outcome, each delivery once.\n');
  }
  if (once) return problems;

  say(hints(stack, pipeline));
  say('\nPress Ctrl-C to stop everything.');
  return pipeline.failure;
}

/** Starts Kafka, Redis and the built apps. `undo` stops what was started, also after a failure. */
export async function startPipeline(
  { keep, integration }: Pick<StartOptions, 'keep' | 'integration'>,
  undo: AsyncDisposableStack,
): Promise<{ stack: Stack; kafka: KafkaClient; pipeline: Pipeline }> {
  const keepIn = keep ? keptData : undefined;
  const stack = await step('Build the apps, start Kafka and Redis', async (onProgress) => {
    const [started] = await Promise.all([
      startStack({ purpose: 'start', keepIn, onProgress }).then((up) => {
        undo.defer(up.stop);
        return up;
      }),
      buildApps(),
    ]);
    return started;
  });
  const kafka = createKafka(stack);
  const topics = await step('Create the topics', () => createTopics(kafka));
  const credentials = await credentialsIn(keepIn);
  const pipeline = await step('Start statsig-simulator, ingest, mapper, dispatcher and console', () =>
    launchApps({ stack, topics, credentials, withIntegration: integration }, undo),
  );
  return { stack, kafka, pipeline };
}
