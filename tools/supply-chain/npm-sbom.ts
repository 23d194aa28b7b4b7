import { runCommand } from '@tools/stack';
import { root } from '../start/root';

/** A package of a CycloneDX document, with the members that npm writes and this folder uses. */
export interface Component {
  'bom-ref': string;
  name: string;
  scope?: string;
  licenses?: ({ license: { id?: string; name?: string } } | { expression: string })[];
  properties?: { name: string; value: string }[];
}

/** A CycloneDX document: https://cyclonedx.org/docs/1.5/json/ */
export interface Sbom {
  metadata: { component: { 'bom-ref': string; name: string } };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** Returns npm's SBOM of all packages in package-lock.json, whether they are installed or not. */
export async function npmSbom(): Promise<Sbom> {
  const format = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  const output = await runCommand('npm', ['sbom', '--package-lock-only', '--offline', ...format], {
    cwd: root,
    timeoutMs: 60_000,
  });
  return JSON.parse(output) as Sbom;
}
