import path from 'node:path';
import { startStack } from '@tools/stack';
import { buildApps } from './build-apps';
import { credentialsIn } from './credentials';
import { hints } from './hints';
import { journeyTable } from './journey/journey-table';
import { travel } from './journey/travel';
import { createTopics, kafkaOf, launchApps } from './pipeline';
import { writeReadyFile } from './ready-file';
import { root } from './root';
import { step } from './step';

export interface StartOptions {
  once: boolean;
  keep: boolean;
  samples: boolean;
  integration: boolean;
  readyFile?: string;
}

/**
 * Brings everything up, sends the sample journey and shows how it went; then lasts until the process is told to end.
 * With `once` it resolves after the table, with what was not as it should be.
 * Rejects when something does not come up, or when an app ends by itself. `undo` takes down what was brought up.
 */
export async function start(options: StartOptions, undo: AsyncDisposableStack): Promise<string[]> {
  const { once, keep, samples, integration, readyFile } = options;
  const say = (text: string): void => void process.stdout.write(`${text}\n`);

  const keepIn = keep ? path.join(root, '.stack') : undefined;
  const stack = await step('Build the apps; bring up Kafka and Redis', async (onProgress) => {
    const [started] = await Promise.all([
      startStack({ purpose: 'start', keepIn, onProgress }).then((up) => {
        undo.defer(up.stop);
        return up;
      }),
      buildApps(),
    ]);
    return started;
  });
  const kafka = kafkaOf(stack);
  const topics = await step('Create the topics', () => createTopics(kafka));
  const credentials = await credentialsIn(keepIn);
  const pipeline = await step('Start simulator, ingest, mapper, dispatcher and console', () =>
    launchApps({ stack, topics, credentials, withIntegration: integration }, undo),
  );
  if (readyFile !== undefined) await writeReadyFile(readyFile, stack, pipeline);

  let problems: string[] = [];
  if (samples) {
    const verdict = await step('Send a customer’s journey through', (onProgress) =>
      Promise.race([travel(pipeline, kafka, onProgress), pipeline.failure]),
    );
    problems = verdict.problems;
    say(`\n${journeyTable(verdict.rows)}\n`);
    for (const problem of problems) say(problem);
    if (problems.length === 0) say('Every event arrived exactly once.\n');
  }
  if (once) return problems;

  say(hints(stack, pipeline));
  say('\nCtrl-C ends everything.');
  return pipeline.failure;
}
