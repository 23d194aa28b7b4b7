import { execFileSync } from 'node:child_process';
import { createProgram } from '../program';
import { runCommand } from './command';
import { commandTree } from './command-tree';
import { completionScript } from './scripts';

const tree = commandTree(createProgram());

describe('the tree of commands', () => {
  it('has every command with its options and choices', () => {
    const webhook = tree.find(({ path }) => path === 'integrations webhook');
    expect(webhook?.subcommands.map(({ word }) => word)).toContain('rotate');
    const produce = tree.find(({ path }) => path === 'produce');
    expect(produce?.optionChoices).toContainEqual({ option: '--to', choices: ['endpoint', 'topic'] });
    expect(produce?.options.map(({ word }) => word)).toEqual(expect.arrayContaining(['--json', '--help']));
    expect(tree.find(({ path }) => path === 'completion')?.choices).toEqual(['bash', 'zsh', 'fish']);
  });
});

describe('the completion in bash', () => {
  const script = completionScript('bash', tree, ['node', "it's/main.js"]);

  /** The words that the shell suggests after the last of these words. */
  function complete(...words: string[]): string[] {
    const array = ['revenuecat-statsig', ...words].map((word) => `"${word}"`).join(' ');
    const use = `COMP_WORDS=(${array}); COMP_CWORD=${words.length}; _revenuecat_statsig; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', `${script}\n${use}`], { encoding: 'utf8' })
      .trim()
      .split('\n');
  }

  it('suggests commands, subcommands, options and their values', () => {
    expect(complete('doc')).toEqual(['doctor']);
    expect(complete('integrations', 'webhook', 'r')).toEqual(['rotate', 'retire']);
    expect(complete('integrations', 'remove', 'shop', '--y')).toEqual(['--yes']);
    expect(complete('integrations', 'preview', 'shop', '--')).toEqual(
      expect.arrayContaining(['--event', '--settings', '--json']),
    );
    expect(complete('produce', '--to', '')).toEqual(['endpoint', 'topic']);
    expect(complete('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  });

  it('does not mistake an argument for a command', () => {
    expect(complete('customer', 'topics', '--de')).toEqual(['']);
    expect(complete('customer', 'topics', '--li')).toEqual(['--limit']);
  });

  it('runs the command line under the name that it completes', () => {
    expect(script).toContain(`revenuecat-statsig() { 'node' 'it'"'"'s/main.js' "$@"; }`);
  });
});

describe('the completion in zsh and fish', () => {
  it('has the commands with their descriptions', () => {
    expect(completionScript('zsh', tree, ['node'])).toContain("'doctor:Check");
    expect(completionScript('fish', tree, ['node'])).toMatch(/-a doctor -d 'Check/);
    expect(completionScript('zsh', tree, ['node'])).not.toContain('(default');
    expect(completionScript('fish', tree, ['node'])).toMatch(/-l to -x -a 'endpoint topic'/);
  });
});

it('runs from source with the bootstrap, and from a build directly', () => {
  expect(runCommand('/repo/tools/cli/main.ts')).toEqual(['node', '/repo/tools/bootstrap.mjs', 'cli']);
  expect(runCommand('/app/dist/tools/cli/main.js')).toEqual(['node', '/app/dist/tools/cli/main.js']);
});
