import { spawn } from 'node:child_process';

export interface Check {
  name: string;
  command: string;
  args: string[];
}

export interface CheckResult {
  passed: boolean;
  /** Standard output and standard error. */
  output: string;
  seconds: number;
}

/** Runs one check and collects its output. */
export function runCheck({ command, args }: Check): Promise<CheckResult> {
  const startedAt = performance.now();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      FORCE_COLOR: process.stdout.isTTY ? '1' : '0',
      // ESLint, Prettier and tsc keep compiled code; by default, in the temporary folder.
      NODE_COMPILE_CACHE: 'node_modules/.cache/node',
    },
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => output.push(chunk));
  }
  return new Promise((resolve) => {
    const end = (passed: boolean): void => {
      resolve({
        passed,
        output: Buffer.concat(output).toString(),
        seconds: (performance.now() - startedAt) / 1000,
      });
    };
    child.once('error', (error) => {
      output.push(Buffer.from(error.message));
      end(false);
    });
    child.once('close', (code) => {
      end(code === 0);
    });
  });
}
