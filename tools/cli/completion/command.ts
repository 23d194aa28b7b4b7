import path from 'node:path';
import { Argument, Command } from 'commander';
import { withExamples } from '../output';
import { commandTree } from './command-tree';
import { completionScript, type Shell, shells } from './scripts';

/** @param program the command line to complete */
export function completionCommand(program: Command): Command {
  return withExamples(
    new Command('completion')
      .description(
        'Print a script that defines the shell function revenuecat-statsig and completes its arguments',
      )
      .addArgument(new Argument('<shell>', 'shell that will run the script').choices(shells))
      .action((shell: Shell) => {
        process.stdout.write(
          completionScript(shell, commandTree(program), runCommand(process.argv[1] ?? '')),
        );
      }),
    'completion bash',
    'completion zsh > ~/.revenuecat-statsig.zsh',
  );
}

/** Program and arguments that run this command line: from source by `tools/bootstrap.mjs`, from a build directly. */
export function runCommand(entry: string): string[] {
  const isSource = entry.endsWith('.ts');
  return isSource
    ? ['node', path.resolve(path.dirname(entry), '../bootstrap.mjs'), 'cli']
    : ['node', path.resolve(entry)];
}
