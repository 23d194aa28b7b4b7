import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format } from 'prettier';
import { type Environment, environmentSentence } from './environment';

const folder = path.join(__dirname, 'results');

/** Writes bench/results/<name>.md and <name>.json, each with the environment, and prints the report. */
export async function writeResults(
  name: string,
  {
    environment,
    report,
    results,
    command = name,
  }: {
    environment: Environment;
    report: string;
    results: unknown;
    /** Arguments of `npm run bench --` that write this result. @default the name */
    command?: string;
  },
): Promise<void> {
  const text = `${report.trimEnd()}\n\n${environmentSentence(environment)} Written by \`npm run bench -- ${command}\`.\n`;
  const markdown = await format(text, { parser: 'markdown' });
  await writeFile(path.join(folder, `${name}.md`), markdown);
  await writeFile(
    path.join(folder, `${name}.json`),
    `${JSON.stringify({ environment, results }, null, 2)}\n`,
  );
  process.stdout.write(markdown);
}
