import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type SupervisedProcess, runSupervised } from '@tools/stack';
import { readUsage } from '../process-usage';

export interface LimitedProcess extends SupervisedProcess {
  /** Resident memory, in bytes; 0 once it has ended. */
  residentBytes: () => Promise<number>;
  /** Whether the kernel killed the process for its memory, or it exited by itself. */
  hasEnded: () => boolean;
  remove: () => Promise<void>;
}

const cgroupRoots = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'] as const;

/** Runs a Node script under a kernel memory limit (cgroup v1 or v2), like a container. Requires root. */
export async function runLimited(
  name: string,
  limitBytes: number,
  spec: { args: string[]; env: NodeJS.ProcessEnv; cwd: string; logFile: string },
): Promise<LimitedProcess> {
  const group = await createGroup(`revenuecat-statsig-${name}-${process.pid}`, limitBytes);
  const script = `echo $$ > ${path.join(group, 'cgroup.procs')} && exec "$@"`;
  const supervised = await runSupervised({
    command: 'sh',
    args: ['-c', script, 'sh', process.execPath, ...spec.args],
    cwd: spec.cwd,
    env: spec.env,
    logFile: spec.logFile,
  });
  let hasEnded = false;
  void supervised.exited.then(() => {
    hasEnded = true;
  });
  return {
    ...supervised,
    residentBytes: async () => (await readUsage(supervised.pid))?.residentBytes ?? 0,
    hasEnded: () => hasEnded,
    remove: () => rmdir(group).catch(() => undefined),
  };
}

async function createGroup(name: string, limitBytes: number): Promise<string> {
  for (const root of cgroupRoots) {
    const group = path.join(root, name);
    const file = root.endsWith('memory') ? 'memory.limit_in_bytes' : 'memory.max';
    try {
      await mkdir(group);
      await writeFile(path.join(group, file), String(limitBytes));
      return group;
    } catch {
      await rmdir(group).catch(() => undefined);
    }
  }
  throw new Error('Failed to create a memory cgroup. Run this as root on Linux.');
}
