import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PlatformModule } from '@app/platform';
import { webhookPath } from '@app/integrations';
import { silentLogger } from '@app/testing';
import { type Type } from '@nestjs/common';
import { MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { MetadataScanner } from '@nestjs/core';
import { apiModules } from '../../apps/console/src/console.module';
import { IngestModule } from '../../apps/ingest/src/ingest.module';

const root = path.resolve(__dirname, '../..');

const metadataOf = (key: string, of: unknown): unknown => Reflect.getMetadata(key, of as object);

/** The paths of controllers, such as `/v1/projects/:projectId/webhooks/revenuecat`. */
function pathsOf(controllers: readonly Type[]): string[] {
  return controllers.flatMap((controller) => {
    const prototype = controller.prototype as Record<string, unknown>;
    return new MetadataScanner()
      .getAllMethodNames(prototype)
      .map((name) => metadataOf(PATH_METADATA, prototype[name]))
      .filter((suffix) => typeof suffix === 'string')
      .map((suffix) => path.posix.join('/', String(metadataOf(PATH_METADATA, controller)), suffix));
  });
}

const ofModule = (module: Type): string[] =>
  pathsOf(metadataOf(MODULE_METADATA.CONTROLLERS, module) as Type[]);

const webhooks = ofModule(IngestModule);
/** Every app has these. */
const health = pathsOf(PlatformModule.with(silentLogger).controllers ?? []);

async function documentation(): Promise<string> {
  const pages = (await readdir(path.join(root, 'docs'))).filter((name) => name.endsWith('.md'));
  const files = [...pages.map((name) => path.join('docs', name)), 'README.md'];
  return (await Promise.all(files.map((file) => readFile(path.join(root, file), 'utf8')))).join('\n');
}

it('the path that docs/deploy.md publishes of ingest includes the webhooks and nothing else', async () => {
  const [, published = ''] = /of `ingest`: paths that begin with `(.+?)`/.exec(await documentation()) ?? [];
  expect(published).toMatch(/^\/\w+\/$/);
  expect(webhooks).toHaveLength(2);
  expect([...webhooks, ...health].filter((one) => one.startsWith(published))).toEqual(webhooks);
});

it('the path that docs/deploy.md does not publish of the console includes the health checks and nothing else', async () => {
  const [, internal = ''] = /of the `console`: all paths except `(.+?)`/.exec(await documentation()) ?? [];
  expect(internal).toMatch(/^\/\w+\/$/);
  const all = [...apiModules.flatMap(ofModule), ...health];
  expect(health).toHaveLength(2);
  expect(all.filter((one) => one.startsWith(internal))).toEqual(health);
  expect(all.filter((one) => !one.startsWith(internal) && !one.startsWith('/api/'))).toEqual([]);
});

it('every documented webhook URL, and the one that the console shows, is a route of ingest', async () => {
  const documented = [...(await documentation()).matchAll(/\/v\d\/[\w/<> -]*webhooks\/revenuecat\b/g)].map(
    ([found]) => found.replace(/<[\w -]+>/, ':projectId'),
  );
  expect(new Set(documented)).toEqual(new Set(webhooks));
  expect(webhooks).toContain(webhookPath(':projectId'));
});
