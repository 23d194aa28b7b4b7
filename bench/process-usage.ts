import { readFile } from 'node:fs/promises';

export interface ProcessUsage {
  /** Processor time of all threads since the start, user and system. */
  cpuMs: number;
  /** Resident memory. */
  residentBytes: number;
}

/** The kernel reports processor time in units of 1/100 s on all common architectures (USER_HZ, see proc(5)). */
const msPerTick = 10;

/** Undefined if the process has ended, or if the system has no /proc, like macOS. */
export async function readUsage(pid: number): Promise<ProcessUsage | undefined> {
  try {
    const read = (file: string): Promise<string> => readFile(`/proc/${String(pid)}/${file}`, 'utf8');
    const [stat, status] = await Promise.all([read('stat'), read('status')]);
    return { cpuMs: parseCpuMs(stat), residentBytes: parseResidentBytes(status) };
  } catch {
    return undefined;
  }
}

/** Processor time of all these processes together; undefined if one of them cannot be read. */
export async function cpuMsOf(pids: readonly number[]): Promise<number | undefined> {
  const usages = await Promise.all(pids.map(readUsage));
  return usages.some((usage) => usage === undefined)
    ? undefined
    : usages.reduce((sum, usage) => sum + (usage?.cpuMs ?? 0), 0);
}

/** @param stat content of /proc/<pid>/stat */
export function parseCpuMs(stat: string): number {
  // The second field is the name of the program, which may contain spaces and parentheses. The third comes after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[14 - 3]) + Number(fields[15 - 3])) * msPerTick;
}

/** @param status content of /proc/<pid>/status; 0 if the process has ended */
export function parseResidentBytes(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024;
}
