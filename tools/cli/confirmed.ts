import { createInterface } from 'node:readline/promises';

/** Whether somebody types just that word. Where nobody can be asked, `--yes` is wanted. */
export async function confirmed(question: string, word: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new Error(`${question} Nobody can be asked here: say --yes if you mean it.`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${question} Type "${word}" to go on: `);
  prompt.close();
  return answer.trim() === word;
}
