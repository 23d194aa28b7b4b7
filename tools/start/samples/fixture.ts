import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../root';

export interface FixtureEnvelope {
  api_version: string;
  event: Record<string, unknown> & { type: string };
}

/** Reads a payload from `libs/testing/fixtures/webhooks`. */
export async function fixture(name: string): Promise<FixtureEnvelope> {
  const file = path.join(root, 'libs/testing/fixtures/webhooks', `${name}.json`);
  return JSON.parse(await readFile(file, 'utf8')) as FixtureEnvelope;
}
