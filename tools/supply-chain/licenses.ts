import { type Component } from './npm-sbom';

/** Licenses, by SPDX id, that allow use in closed products without publishing their source. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);

/** The license of a package as an SPDX expression; undefined if its author declares none. */
export function licenseOf({ licenses = [] }: Component): string | undefined {
  const all = licenses.map((one) =>
    'expression' in one ? one.expression : (one.license.id ?? one.license.name ?? 'unknown'),
  );
  return all.length === 0 ? undefined : all.join(' AND ');
}

/** True if every license in the SPDX expression is allowed, even if the user may choose one of them. */
export function isAllowed(expression: string | undefined): boolean {
  const words = expression?.match(/[\w.+-]+/g) ?? [];
  const ids = words.filter((word) => word !== 'AND' && word !== 'OR');
  return ids.length > 0 && ids.every((id) => allowed.has(id));
}
