import { type Candidate, type CommandNode } from './command-tree';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The name under which a completion script makes the command line available. */
const commandName = 'revenuecat-statsig';

/**
 * A script that defines `revenuecat-statsig` as a function that runs the command line, and its completion.
 *
 * @param run program and arguments that run the command line
 */
export function completionScript(shell: Shell, tree: readonly CommandNode[], run: readonly string[]): string {
  const command = run.map(quote).join(' ');
  switch (shell) {
    case 'bash':
      return bash(tree, command);
    case 'zsh':
      return zsh(tree, command);
    case 'fish':
      return fish(tree, command);
  }
}

function bash(tree: readonly CommandNode[], command: string): string {
  return [
    `${commandName}() { ${command} "$@"; }`,
    '_revenuecat_statsig() {',
    '  local at="" word words current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    `    case "$at $word" in ${pathPattern(tree)}) at="$at $word" ;; esac`,
    '  done',
    '  case "$at $previous" in',
    ...optionChoiceCases(tree, (choices) => `words=${quote(choices.join(' '))}`),
    '    *) case "$at" in',
    ...tree.map(
      (node) =>
        `      ${quote(at(node))}) words=${quote(
          candidatesOf(node)
            .map(({ word }) => word)
            .join(' '),
        )} ;;`,
    ),
    '    esac ;;',
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    // Completes file names if no word matches.
    `complete -o default -F _revenuecat_statsig ${commandName}`,
    '',
  ].join('\n');
}

function zsh(tree: readonly CommandNode[], command: string): string {
  const described = ({ word, description }: Candidate): string =>
    quote(`${word.replaceAll(':', '\\:')}:${description}`);
  return [
    `${commandName}() { ${command} "$@"; }`,
    '_revenuecat_statsig() {',
    '  local at="" word',
    '  local -a candidates',
    '  for word in "${(@)words[2,CURRENT-1]}"; do',
    `    case "$at $word" in (${pathPattern(tree)}) at="$at $word" ;; esac`,
    '  done',
    '  case "$at ${words[CURRENT-1]}" in',
    ...optionChoiceCases(tree, (choices) => `candidates=(${choices.map(quote).join(' ')})`, '('),
    '    (*) case "$at" in',
    ...tree.map(
      (node) => `      (${quote(at(node))}) candidates=(${candidatesOf(node).map(described).join(' ')}) ;;`,
    ),
    '    esac ;;',
    '  esac',
    "  _describe 'command' candidates || _files",
    '}',
    '(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }',
    `compdef _revenuecat_statsig ${commandName}`,
    '',
  ].join('\n');
}

function fish(tree: readonly CommandNode[], command: string): string {
  const add = (node: CommandNode, ...parts: string[]): string =>
    [`complete -c ${commandName} -n`, quote(`__revenuecat_statsig_at ${quote(at(node))}`), ...parts].join(
      ' ',
    );
  return [
    `function ${commandName}; ${command} $argv; end`,
    'function __revenuecat_statsig_at',
    '  set -l at ""',
    '  for word in (commandline -opc)[2..-1]',
    `    if contains -- "$at $word" ${paths(tree).map(quote).join(' ')}`,
    '      set at "$at $word"',
    '    end',
    '  end',
    '  test "$at" = "$argv[1]"',
    'end',
    ...tree.flatMap((node) => [
      ...node.subcommands.map(({ word, description }) =>
        add(node, '-f', '-a', word, '-d', quote(description)),
      ),
      ...(node.choices.length === 0 ? [] : [add(node, '-f', '-a', quote(node.choices.join(' ')))]),
      ...node.options.map(({ word, description }) => {
        const choices = node.optionChoices.find(({ option }) => option === word)?.choices;
        const values = choices === undefined ? [] : ['-x', '-a', quote(choices.join(' '))];
        return add(node, '-l', word.replace(/^--/, ''), ...values, '-d', quote(description));
      }),
    ]),
    '',
  ].join('\n');
}

/** The path as the scripts build it: every word has a space before it. */
function at({ path }: CommandNode): string {
  return path === '' ? '' : ` ${path}`;
}

function paths(tree: readonly CommandNode[]): string[] {
  return tree.map(at).filter((path) => path !== '');
}

function pathPattern(tree: readonly CommandNode[]): string {
  return paths(tree).map(quote).join('|');
}

function candidatesOf({ subcommands, choices, options }: CommandNode): Candidate[] {
  return [...subcommands, ...choices.map((word) => ({ word, description: '' })), ...options];
}

/** Cases for the words after an option with a fixed set of values. */
function optionChoiceCases(
  tree: readonly CommandNode[],
  assignment: (choices: readonly string[]) => string,
  open = '',
): string[] {
  return tree.flatMap((node) =>
    node.optionChoices.map(
      ({ option, choices }) => `    ${open}${quote(`${at(node)} ${option}`)}) ${assignment(choices)} ;;`,
    ),
  );
}

/** Quotes a word so that bash, zsh and fish read it unchanged. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'"'"'`)}'`;
}
