import { Command, Option } from 'commander';
import { type JsonOption, print, withExamples, withJson } from '../output';
import { seconds } from '../parse-option';
import { evaluateClock } from './evaluate-clock';
import { countOf, exitCodeFor } from './finding';
import { inspectEndpoints } from './inspect-endpoints';
import { inspectKafka } from './inspect-kafka';
import { inspectRedis } from './inspect-redis';
import { inspectWebhooks } from './inspect-webhooks';
import { reportText } from './report';

interface Options extends JsonOption {
  /** Milliseconds. */
  observe: number;
}

export function doctorCommand(): Command {
  return withExamples(
    withJson(
      new Command('doctor')
        .description(
          'Check Kafka, topics, consumer groups, Redis, clocks, encryption keys, webhooks in RevenueCat, and whether Statsig and RevenueCat can be reached. Changes nothing and sends no event. Findings include what to do',
        )
        .addOption(
          new Option(
            '--observe <seconds>',
            'time for which consumer groups are observed, to find those that are stuck',
          )
            .argParser(seconds)
            .default(5_000, '5'),
        )
        .action(doctor),
    ),
    'doctor',
    'doctor --json | jq \'.findings[] | select(.level == "error")\'',
  );
}

async function doctor({ observe, json }: Options): Promise<void> {
  const redis = await inspectRedis();
  const [kafka, endpoints, webhooks] = await Promise.all([
    inspectKafka(redis, observe),
    inspectEndpoints(redis),
    inspectWebhooks(redis),
  ]);
  const clock = evaluateClock([...redis.clocks, ...endpoints.clocks], kafka.futureRecords);
  const findings = [...kafka.findings, ...redis.findings, ...endpoints.findings, ...webhooks, ...clock];
  const result = { errors: countOf(findings, 'error'), warnings: countOf(findings, 'warning'), findings };
  print(result, json, reportText(findings));
  process.exitCode = exitCodeFor(findings);
}
