import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { buildInfo } from './platform.metrics';

/** @param commit the commit that the app was built from */
export function reportBuild(app: string, commit: string): void {
  buildInfo.set({ app, version: packageVersion(), commit, node_version: process.version }, 1);
}

function packageVersion(): string {
  const file = findPackageJSON('..', __filename);
  if (file === undefined) return 'unknown';
  const { version = 'unknown' } = JSON.parse(readFileSync(file, 'utf8')) as { version?: string };
  return version;
}
