import { type Command } from 'commander';

export interface JsonOption {
  json?: true;
}

/** Adds `--json`. With it, standard output is one JSON document. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print the result as JSON');
}

/** Adds examples to the help. Each is the arguments of the command line, and optionally ` # ` and an explanation. */
export function withExamples(command: Command, ...examples: string[]): Command {
  const lines = examples.map((example) => `  npm run cli -- ${example}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** Prints the result as JSON or as text. */
export function print(result: unknown, json: true | undefined, text: string): void {
  process.stdout.write(json === true ? `${JSON.stringify(result, null, 2)}\n` : endingInNewline(text));
}

function endingInNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
