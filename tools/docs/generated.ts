import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { allMetrics } from './all-metrics';
import { allSettings } from './all-settings';
import { composeValues } from './compose-values';
import { configurationPage } from './configuration-page';
import { envExample } from './env-example';
import { eventsPage, type ExampleEvent } from './events-page';
import { withKafkaPermissions } from './kafka-permissions';
import { withLifecycleNames } from './lifecycle-names';
import { metricsPage } from './metrics-page';
import { prometheusRule } from './prometheus-rule';
import { reasonsPage } from './reasons-page';
import { withWebhookRejections } from './webhook-rejections';

export interface GeneratedFile {
  path: string;
  text: string;
}

/** Returns the generated files of docs/ and deploy/, and .env.example, with their expected contents. */
export async function generatedFiles(): Promise<GeneratedFile[]> {
  const root = path.resolve(__dirname, '../..');
  const page = async (name: string, text: string): Promise<GeneratedFile> => {
    const file = path.join(root, 'docs', name);
    const style = await resolveConfig(file);
    return { path: file, text: await format(text, { ...style, filepath: file }) };
  };
  const current = (name: string): Promise<string> => readFile(path.join(root, 'docs', name), 'utf8');
  const compose = await composeValues(path.join(root, 'docker-compose.yml'));
  return [
    await page('connections.md', withKafkaPermissions(await current('connections.md'))),
    await page('configuration.md', configurationPage(allSettings)),
    await page('events-in-statsig.md', eventsPage(await exampleEvents(root))),
    await page('formats.md', withLifecycleNames(await current('formats.md'))),
    await page('metrics.md', metricsPage(allMetrics)),
    await page('reasons.md', reasonsPage()),
    await page('webhooks.md', withWebhookRejections(await current('webhooks.md'))),
    { path: path.join(root, '.env.example'), text: envExample(allSettings, compose) },
    {
      path: path.join(root, 'deploy/kubernetes/monitoring/prometheus-rule.yaml'),
      text: prometheusRule(await readFile(path.join(root, 'deploy/prometheus/alerts.yml'), 'utf8')),
    },
  ];
}

async function exampleEvents(root: string): Promise<ExampleEvent[]> {
  const folder = path.join(root, 'libs/testing/fixtures/webhooks');
  const files = (await readdir(folder)).sort();
  return Promise.all(
    files.map(async (file) => ({
      name: path.basename(file, '.json'),
      json: await readFile(path.join(folder, file), 'utf8'),
    })),
  );
}
