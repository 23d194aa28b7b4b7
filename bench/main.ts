import { existsSync } from 'node:fs';
import path from 'node:path';

/** `npm run bench -- <name>` runs bench/<name>/main.ts with the remaining arguments. */
const [name = '', ...rest] = process.argv.slice(2);
const script = path.join(__dirname, name, 'main.ts');
if (name === '' || !existsSync(script)) {
  process.stderr.write('Specify one of: dispatch, ingest, memory, rebalance, mapper, console.\n');
  process.exit(2);
}
process.argv = [process.argv[0] ?? '', script, ...rest];
void import(script);
