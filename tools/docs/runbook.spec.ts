import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { commandTree } from '../cli/completion/command-tree';
import { createProgram } from '../cli/program';

it('every command in the runbook exists, with its options', async () => {
  const runbook = await readFile(path.resolve(__dirname, '../../docs/runbook.md'), 'utf8');
  const commands = new Map(commandTree(createProgram()).map((node) => [node.path, node]));
  const used = [...runbook.matchAll(/`cli ([a-z][^`]*)`/g)].map(([, words = '']) => words.split(' '));
  expect(used.length).toBeGreaterThan(15);
  const unknown = used.filter((words) => {
    // The command ends before its first argument or option.
    const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
    const node = commands.get((end === -1 ? words : words.slice(0, end)).join(' '));
    const options = new Set(node?.options.map(({ word }) => word));
    return (
      node?.subcommands.length !== 0 || words.some((word) => word.startsWith('--') && !options.has(word))
    );
  });
  expect(unknown.map((words) => words.join(' '))).toEqual([]);
});
