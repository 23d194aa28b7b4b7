import { type Command } from 'commander';

/** What can follow on the command line. */
export interface Candidate {
  word: string;
  description: string;
}

/** One command with what can follow it. */
export interface CommandNode {
  /** Names of the command and its parents without the program, separated by spaces; empty for the program. */
  path: string;
  subcommands: Candidate[];
  options: Candidate[];
  /** Values of the first argument, if it has a fixed set. */
  choices: string[];
  /** Values of options that have a fixed set. */
  optionChoices: { option: string; choices: string[] }[];
}

/** The commands of a program, each parent before its subcommands. */
export function commandTree(command: Command, parents: readonly string[] = []): CommandNode[] {
  const help = command.createHelp();
  const options = help.visibleOptions(command);
  const node: CommandNode = {
    path: parents.join(' '),
    subcommands: command.commands.map((each) => ({
      word: each.name(),
      description: firstSentence(each.description()),
    })),
    options: options.flatMap(({ long, description }) =>
      long === undefined ? [] : [{ word: long, description: firstSentence(description) }],
    ),
    choices: [...(command.registeredArguments[0]?.argChoices ?? [])],
    optionChoices: options.flatMap(({ long, argChoices }) =>
      long === undefined || argChoices === undefined ? [] : [{ option: long, choices: argChoices }],
    ),
  };
  return [node, ...command.commands.flatMap((each) => commandTree(each, [...parents, each.name()]))];
}

/** Without what follows in parentheses, such as a default value. */
function firstSentence(text: string): string {
  return text.split(/[.:;]\s|\s\((?=default)/, 1)[0] ?? '';
}
