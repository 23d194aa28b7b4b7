import { type Stack } from '@tools/stack';
import { type Pipeline } from './pipeline';

/** Where everything is, and what to try next. */
export function hints({ kafkaBrokers, redisUrl, chosen }: Stack, pipeline: Pipeline): string {
  const { ingestUrl, simulatorUrl, consoleUrl, authorization, consoleToken, topics, logFolder } = pipeline;
  const sample = 'test/fixtures/webhooks/seed-initial-purchase-sandbox.json';
  return [
    `Console                               ${consoleUrl}/`,
    `                                      sign in with ${consoleToken}`,
    `Statsig (simulated), its log stream   ${simulatorUrl}/`,
    `Webhook endpoint                      ${ingestUrl}/v1/webhooks/revenuecat`,
    `Kafka                                 ${kafkaBrokers}`,
    `                                      ${chosen.kafka}`,
    `Redis                                 ${redisUrl}`,
    `                                      ${chosen.redis}`,
    `Logs of the apps                      ${logFolder}`,
    '',
    'Post a webhook:',
    `  printf 'Authorization: %s\\n' '${authorization}' | curl -i -H @- -H 'Content-Type: application/json' \\`,
    `    --data @${sample} ${ingestUrl}/v1/webhooks/revenuecat`,
    'Or produce it straight to the topic:',
    `  jq -c . ${sample} | kcat -P -b ${kafkaBrokers} -t ${topics.events} -k default:OriginalAppUserID`,
    'See what Statsig got:',
    `  curl -s '${simulatorUrl}/_sim/events?limit=1'`,
    'Watch what becomes of each event:',
    `  kcat -C -b ${kafkaBrokers} -t ${topics.receipts} -o end`,
  ].join('\n');
}
