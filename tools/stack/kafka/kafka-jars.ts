import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../process/run-command';

const pom = path.join(__dirname, 'pom.xml');
const downloadTimeoutMs = 300_000;

/** Returns a folder with the jars in `pom.xml`. Maven resolves them once; later calls reuse them. */
export async function kafkaJars(onProgress: (text: string) => void): Promise<string> {
  const definition = await readFile(pom, 'utf8');
  const version = /<kafka\.version>(.+?)</.exec(definition)?.[1] ?? 'unknown';
  const digest = createHash('sha256').update(definition).digest('hex').slice(0, 8);
  const folder = path.join(cacheFolder(), `kafka-${version}-${digest}`);
  if (await exists(folder)) return folder;

  onProgress(`Kafka: resolving the jars of Apache Kafka ${version} with Maven (once)`);
  const unfinished = `${folder}.${randomUUID()}`;
  try {
    await mkdir(unfinished, { recursive: true });
    await runCommand(
      'mvn',
      ['-B', '-q', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`],
      { timeoutMs: downloadTimeoutMs },
    );
    await rename(unfinished, folder).catch(async (error: unknown) => {
      // Another process may have finished first.
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

function cacheFolder(): string {
  return path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'revenuecat-statsig');
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
