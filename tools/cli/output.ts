import Table from 'cli-table3';
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

/** Prints the result as JSON or as text. Control characters are escaped. */
export function print(result: unknown, json: true | undefined, text: string): void {
  writeText(process.stdout, json === true ? JSON.stringify(result, null, 2) : text);
}

/** Writes lines of text. Control characters other than tab and newline are escaped. */
export function writeText(stream: NodeJS.WritableStream, text: string, written?: () => void): void {
  stream.write(printable(text), written);
}

/** Lines of text as {@link writeText} writes them. */
export function printable(text: string): string {
  return endingInNewline(escapeControls(text, controlsOfText));
}

/** A table as text. Every cell is one line. */
export function tableText(head: string[], rows: readonly (readonly (string | number)[])[]): string {
  // Colors are control characters.
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const row of rows) table.push(row.map((cell) => escapeControls(String(cell), controls)));
  return table.toString();
}

/** C0 and C1 controls, DEL, and the controls of bidirectional text. */
const controls = /[\p{Cc}\p{Bidi_Control}]/gu;
const controlsOfText = /(?![\t\n])[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * Replaces control characters with their JSON escapes. Ids and reasons come from events, so their senders could otherwise clear
 * the operator's screen or forge what it shows. JSON keeps its value.
 */
function escapeControls(text: string, pattern: RegExp): string {
  return text.replaceAll(pattern, escapeOf);
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function endingInNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
