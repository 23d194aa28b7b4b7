import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { runOnExit } from '@tools/stack';
import { root } from '../start/root';

export interface Child {
  process: ChildProcess;
  /** Resolves with the exit code or signal. */
  exited: Promise<string>;
  stop: () => Promise<void>;
}

const stopTimeoutMs = 5_000;

/**
 * Runs Node.js with these arguments, in the root of the repository.
 *
 * @param write receives each line of output
 */
export async function startChild(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  write: (line: string) => void,
): Promise<Child> {
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  for (const input of [child.stdout, child.stderr])
    if (input !== null) createInterface({ input }).on('line', write);
  const exited = exitOf(child);
  // It would outlive this process if that is killed.
  const onExit = await runOnExit(['kill', String(child.pid)]);
  return {
    process: child,
    exited,
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await exited;
      clearTimeout(timer);
      await onExit.cancel();
    },
  };
}

async function exitOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return signal ?? `exit code ${String(code)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
