import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';

/**
 * A secret: from the environment variable that is named, else from standard input. Never from an argument, which
 * everybody on the machine can read.
 */
export async function readSecret(what: string, variable: string | undefined): Promise<string> {
  if (variable !== undefined) {
    const value = process.env[variable]?.trim();
    if (value === undefined || value === '')
      throw new Error(`${variable}, which is to hold ${what}, is not set.`);
    return value;
  }
  const secret = (process.stdin.isTTY ? await typed(what) : await text(process.stdin)).trim();
  if (secret === '') {
    throw new Error(
      `There was nothing on standard input: write ${what} to it, or name the variable that holds it.`,
    );
  }
  return secret;
}

/** From the keyboard, unseen. */
async function typed(what: string): Promise<string> {
  process.stderr.write(`Paste ${what} (it is not shown): `);
  const unseen = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const prompt = createInterface({ input: process.stdin, output: unseen, terminal: true });
  try {
    const [line] = (await once(prompt, 'line')) as [string];
    return line;
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}
