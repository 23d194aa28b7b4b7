import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A command failed; the message ends with its last lines of output. */
class CommandError extends Error {
  override readonly name = 'CommandError';
}

interface CommandOptions {
  timeoutMs: number;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/** Runs a command and returns its standard output. Throws {@link CommandError}. */
export async function runCommand(command: string, args: string[], options: CommandOptions): Promise<string> {
  const { timeoutMs, cwd, env } = options;
  try {
    const { stdout } = await execute(command, args, { timeout: timeoutMs, cwd, env, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    throw new CommandError(`${command} ${reasonOf(error, timeoutMs)}`, { cause: error });
  }
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const { code, killed, stdout, stderr, message } = error as Error & {
    code?: string | number;
    killed?: boolean;
    stdout?: string;
    stderr?: string;
  };
  if (code === 'ENOENT') return 'is not installed';
  if (killed === true) return `timed out after ${timeoutMs / 1000} s`;
  const output = `${stdout ?? ''}\n${stderr ?? ''}`.trim().split('\n').slice(-12).join('\n');
  return `failed: ${output === '' ? message : output}`;
}
