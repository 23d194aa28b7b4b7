/** `npm run docs:config`: writes the generated pages of docs/, the Kubernetes copy of the alerts, and .env.example. */
import { writeFile } from 'node:fs/promises';
import { generatedFiles } from './generated';

async function write(): Promise<void> {
  for (const { path, text } of await generatedFiles()) await writeFile(path, text);
}

write().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
