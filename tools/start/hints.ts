import { type Stack } from '@tools/stack';
import { type Pipeline } from './pipeline';

type Addresses = Omit<Pipeline, 'failure' | 'logFolder'> & { logFolder?: string };

/** Returns the addresses of all services and commands to try next. */
export function hints({ kafkaBrokers, redisUrl, descriptions }: Stack, pipeline: Addresses): string {
  const { ingestUrl, simulatorUrl, consoleUrl, authorization, consoleToken, topics, logFolder } = pipeline;
  const sample = 'libs/testing/fixtures/webhooks/seed-initial-purchase-sandbox.json';
  return [
    `Console                               ${consoleUrl}/`,
    `                                      sign in with ${consoleToken}`,
    `Statsig (simulated), its log stream   ${simulatorUrl}/`,
    `Webhook endpoint                      ${ingestUrl}/v1/webhooks/revenuecat`,
    `Kafka                                 ${kafkaBrokers}`,
    `                                      ${descriptions.kafka}`,
    `Redis                                 ${redisUrl}`,
    `                                      ${descriptions.redis}`,
    ...(logFolder === undefined ? [] : [`Logs of the apps                      ${logFolder}`]),
    '',
    'Post a webhook:',
    `  printf 'Authorization: %s\\n' '${authorization}' | curl -i -H @- -H 'Content-Type: application/json' \\`,
    `    --data @${sample} ${ingestUrl}/v1/webhooks/revenuecat`,
    'Or produce it directly to the topic:',
    `  jq -c . ${sample} | kcat -P -b ${kafkaBrokers} -t ${topics.events} -k default:OriginalAppUserID`,
    'Show what Statsig received:',
    `  curl -s '${simulatorUrl}/_sim/events?limit=1'`,
    'Follow the outcome of each event:',
    `  kcat -C -b ${kafkaBrokers} -t ${topics.receipts} -o end`,
  ].join('\n');
}
