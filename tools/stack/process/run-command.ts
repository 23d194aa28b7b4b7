import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A command ended with an error; the message holds the end of what it said. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

interface CommandOptions {
  timeoutMs: number;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end and gives its standard output. Throws {@link CommandFailed}. */
export async function runCommand(command: string, args: string[], options: CommandOptions): Promise<string> {
  const { timeoutMs, cwd, env } = options;
  try {
    const { stdout } = await execute(command, args, { timeout: timeoutMs, cwd, env, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    throw new CommandFailed(`${command} ${reasonOf(error, timeoutMs)}`, { cause: error });
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
  if (killed === true) return `was not done after ${timeoutMs / 1000} s`;
  const said = `${stdout ?? ''}\n${stderr ?? ''}`.trim().split('\n').slice(-12).join('\n');
  return `failed: ${said === '' ? message : said}`;
}
