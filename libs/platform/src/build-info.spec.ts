import { readFileSync } from 'node:fs';
import path from 'node:path';
import { register } from 'prom-client';
import { reportBuild } from './build-info';

it('reports the version of the package and the commit', async () => {
  const file = path.resolve(__dirname, '../../../package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  reportBuild('mapper', '2aed6b2');
  expect(await register.getSingleMetricAsString('rcstatsig_build_info')).toContain(
    `{app="mapper",version="${version}",commit="2aed6b2",node_version="${process.version}"} 1`,
  );
});
