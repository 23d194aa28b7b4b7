import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ownFolder } from './process/keeper';

export interface DataFolder {
  path: string;
  /** Removes it, or leaves it for the next start. */
  done: () => Promise<void>;
}

/** Where a server keeps its data: `keepIn`, for the next start to find, or a folder that goes with this process. */
export async function dataFolder(name: string, keepIn?: string): Promise<DataFolder> {
  if (keepIn !== undefined) {
    const kept = path.join(keepIn, name);
    await mkdir(kept, { recursive: true });
    return { path: kept, done: await lock(path.join(kept, 'in-use')) };
  }
  const temporary = await mkdtemp(path.join(tmpdir(), `revenuecat-statsig-${name}-`));
  const { remove } = await ownFolder(temporary);
  return { path: temporary, done: remove };
}

/** Two servers on the same data would ruin it. */
async function lock(file: string): Promise<() => Promise<void>> {
  await writeFile(file, String(process.pid), { flag: 'wx' }).catch((error: unknown) => {
    throw new Error(`the kept data is in use by another start; if it is not, remove ${file}`, {
      cause: error,
    });
  });
  return (await ownFolder(file)).remove;
}
