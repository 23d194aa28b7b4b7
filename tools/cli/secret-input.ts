import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { CannotRunError } from './exit-codes';

/**
 * Reads a secret from the given environment variable, or else from standard input. Never from an argument, which
 * other users of the machine can read.
 *
 * @param option the option that names the variable
 */
export async function readSecret(
  what: string,
  variable: string | undefined,
  option = '--secret-env',
): Promise<string> {
  if (variable !== undefined) {
    const value = process.env[variable]?.trim();
    if (value === undefined || value === '')
      throw new CannotRunError(`${variable} is not set; it must contain ${what}.`);
    return value;
  }
  const secret = (process.stdin.isTTY ? await readHidden(what) : await text(process.stdin)).trim();
  if (secret === '') {
    throw new CannotRunError(
      `Standard input is empty: write ${what} to it, or pass an environment variable with ${option}.`,
    );
  }
  return secret;
}

/** Reads a line from the terminal without echo. */
async function readHidden(what: string): Promise<string> {
  process.stderr.write(`Paste ${what} (it is not shown): `);
  const noEcho = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const prompt = createInterface({ input: process.stdin, output: noEcho, terminal: true });
  try {
    const [line] = (await once(prompt, 'line')) as [string];
    return line;
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}
