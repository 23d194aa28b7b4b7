import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Runs with a folder for logs and data, which is kept if the run fails. */
export async function withTemporaryFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-bench-'));
  try {
    await run(folder);
  } catch (error) {
    process.stderr.write(`Failed. Logs: ${folder}\n`);
    throw error;
  }
  await rm(folder, { recursive: true });
}
