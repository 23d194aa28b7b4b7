import { access, constants, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../process/run-command';

const installTimeoutMs = 300_000;
const debianPolicy = '/usr/sbin/policy-rc.d';

/** Returns the path of `redis-server`. Installs it if it is missing, on Debian as root. */
export async function redisProgram(onProgress: (text: string) => void): Promise<string> {
  const found = await inPath('redis-server');
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0 || (await inPath('apt-get')) === undefined) {
    throw new Error('redis-server is not in the PATH');
  }
  onProgress('Redis: installing redis-server with apt-get');
  await installOnDebian();
  const installed = await inPath('redis-server');
  if (installed === undefined) throw new Error('apt-get did not install redis-server');
  return installed;
}

async function installOnDebian(): Promise<void> {
  // Debian starts a service after installing it, unless this file forbids it.
  const ours = await writeFile(debianPolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' }).then(
    () => true,
    () => false,
  );
  const options = {
    timeoutMs: installTimeoutMs,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  const lock = ['-o', 'DPkg::Lock::Timeout=120'];
  try {
    await runCommand('apt-get', [...lock, 'update', '-qq'], options);
    await runCommand('apt-get', [...lock, 'install', '-y', '-qq', 'redis-server'], options);
  } finally {
    if (ours) await rm(debianPolicy);
  }
}

async function inPath(program: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(folder, program);
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  return undefined;
}
