import { setTimeout as delay } from 'node:timers/promises';
import { isKafkaUnavailable } from '@app/kafka';
import { Command, Option } from 'commander';
import { type JsonOption, withExamples, withJson, writeText } from '../output';
import { seconds } from '../parse-option';
import { pipelineKafka } from '../pipeline-kafka';
import { readPositions } from './read-positions';
import { readStatus } from './read-status';
import { type PipelineStatus } from './status';
import { statusText } from './status-text';

interface Options extends JsonOption {
  /** Milliseconds. */
  interval: number;
  watch?: true;
}

export function statusCommand(): Command {
  return withExamples(
    withJson(
      new Command('status')
        .description(
          'Show rates, waiting events and their age by project, the state of the integrations, dead letters of the last hour, and the health of the apps in CLI_APP_URLS',
        )
        .option('--watch', 'refresh until interrupted; with --json, print one document per line')
        .addOption(
          new Option('--interval <seconds>', 'time over which rates are measured, and between refreshes')
            .argParser(seconds)
            .default(2_000, '2'),
        )
        .action(status),
    ),
    'status',
    'status --watch --interval 5',
    "status --json | jq '.projects[] | {projectId, lag, oldestAgeMs}'",
  );
}

async function status({ interval, watch, json }: Options): Promise<void> {
  const pipeline = await pipelineKafka();
  let before = await readPositions(pipeline);
  do {
    await delay(interval);
    try {
      const after = await readPositions(pipeline);
      show(await readStatus(pipeline, before, after), json, watch);
      before = after;
    } catch (error) {
      if (watch !== true || !isKafkaUnavailable(error)) throw error;
      writeText(process.stderr, `Kafka does not respond: ${(error as Error).message}`);
    }
  } while (watch === true);
}

const clearScreen = '\x1b[2J\x1b[H';

function show(current: PipelineStatus, json: true | undefined, watch: true | undefined): void {
  if (json === true) {
    writeText(process.stdout, JSON.stringify(current, null, watch === true ? 0 : 2));
    return;
  }
  if (watch === true && process.stdout.isTTY) process.stdout.write(clearScreen);
  writeText(process.stdout, statusText(current));
}
