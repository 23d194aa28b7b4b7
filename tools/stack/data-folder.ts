import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeOnExit } from './process/supervisor-client';

export interface DataFolder {
  path: string;
  /** Removes the folder, or unlocks it if it is kept for the next start. */
  done: () => Promise<void>;
}

/** The folder for a server's data: in `keepIn`, which persists, or a temporary folder that is removed on exit. */
export async function dataFolder(name: string, keepIn?: string): Promise<DataFolder> {
  if (keepIn !== undefined) {
    const folder = path.join(keepIn, name);
    await mkdir(folder, { recursive: true });
    return { path: folder, done: await lock(path.join(folder, 'in-use')) };
  }
  const temporary = await mkdtemp(path.join(tmpdir(), `revenuecat-statsig-${name}-`));
  const { remove } = await removeOnExit(temporary);
  return { path: temporary, done: remove };
}

/** Prevents two servers from corrupting the same data. */
async function lock(file: string): Promise<() => Promise<void>> {
  await writeFile(file, String(process.pid), { flag: 'wx' }).catch((error: unknown) => {
    throw new Error(`the data folder is in use by another process; if it is not, remove ${file}`, {
      cause: error,
    });
  });
  return (await removeOnExit(file)).remove;
}
