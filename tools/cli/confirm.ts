import { createInterface } from 'node:readline/promises';
import { CannotRunError } from './exit-codes';

/** Asks the user to type a word to confirm. Throws if standard input is not a terminal. */
export async function confirm(question: string, word: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new CannotRunError(`${question} Standard input is not a terminal; confirm with --yes.`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${question} Type "${word}" to continue: `);
  prompt.close();
  return answer.trim() === word;
}
