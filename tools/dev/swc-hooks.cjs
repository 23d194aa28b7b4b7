/** `node --require ./tools/dev/swc-hooks.cjs`: runs the TypeScript of the apps, compiled with SWC as each file is loaded. */
const { readFileSync } = require('node:fs');
const { registerHooks } = require('node:module');
const path = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');
const { transformSync } = require('@swc/core');
const { swcOptions } = require('../swc-options.mjs');

const root = path.resolve(__dirname, '../..');

registerHooks({
  resolve(specifier, context, nextResolve) {
    const lib = /^@app\/([^/]+)$/.exec(specifier)?.[1];
    if (lib === undefined) return nextResolve(specifier, context);
    return nextResolve(pathToFileURL(path.join(root, 'libs', lib, 'src/index.ts')).href, context);
  },
  load(url, context, nextLoad) {
    if (!url.endsWith('.ts') || url.includes('/node_modules/')) return nextLoad(url, context);
    const filename = fileURLToPath(url);
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      ...swcOptions,
      filename,
      sourceMaps: 'inline',
      swcrc: false,
    });
    return { format: 'commonjs', source: code, shortCircuit: true };
  },
});
