import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from '../start/root';
import { licenseOf } from './licenses';
import { type Component } from './npm-sbom';

export const licensesFile = path.join(root, 'THIRD-PARTY-LICENSES.md');

/** The expected contents of {@link licensesFile}. Without versions, so that an update of a package does not change it. */
export async function licensesPage(components: readonly Component[]): Promise<string> {
  const rows = components.map((component) => `| ${component.name} | ${licenseOf(component) ?? 'none'} |`);
  const text = [
    '# Third-party licenses',
    '',
    'These are the npm packages of the image, on all platforms: those of the apps, and those in the web page of the console. `npm run licenses` generates this page from `package-lock.json`; `npm run sbom` lists the same packages with their versions and hashes. The image contains the texts of the licenses: in `/app/node_modules` for the apps, and in `/app/dist/apps/console/web/third-party-licenses.md` for the web page.',
    '',
    '| package | license |',
    '| --- | --- |',
    ...[...new Set(rows)].toSorted(),
    '',
  ].join('\n');
  return format(text, { ...(await resolveConfig(licensesFile)), filepath: licensesFile });
}
