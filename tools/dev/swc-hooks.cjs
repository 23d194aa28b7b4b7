/** `node --require ./tools/dev/swc-hooks.cjs`: runs the TypeScript of the apps, compiled with SWC as each file is loaded. */
const { existsSync, readFileSync } = require('node:fs');
const { registerHooks } = require('node:module');
const path = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');
const { transformSync } = require('@swc/core');
const { swcOptions } = require('../swc-options.mjs');

const root = path.resolve(__dirname, '../..');

registerHooks({
  resolve(specifier, context, nextResolve) {
    const file = sourceFile(specifier, context.parentURL);
    if (file === undefined) return nextResolve(specifier, context);
    return { url: pathToFileURL(file).href, format: 'commonjs', shortCircuit: true };
  },
  load(url, context, nextLoad) {
    if (!url.endsWith('.ts')) return nextLoad(url, context);
    const filename = fileURLToPath(url);
    // For npm run dev, which restarts the program when this file changes.
    process.send?.({ file: filename, atMs: Date.now() });
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      ...swcOptions,
      filename,
      sourceMaps: 'inline',
      swcrc: false,
    });
    return { format: 'commonjs', source: code, shortCircuit: true };
  },
});

/** Returns the TypeScript file that an import names: `@app/<lib>` or a relative path without extension. */
function sourceFile(specifier, parentUrl) {
  const lib = /^@app\/([^/]+)$/.exec(specifier)?.[1];
  if (lib !== undefined) return path.join(root, 'libs', lib, 'src/index.ts');
  if (!/^\.{1,2}\//.test(specifier) || !parentUrl?.endsWith('.ts')) return undefined;
  const base = path.resolve(path.dirname(fileURLToPath(parentUrl)), specifier);
  return [`${base}.ts`, path.join(base, 'index.ts')].find((file) => existsSync(file));
}
