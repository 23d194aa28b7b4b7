import { ConfigError } from '@app/platform';
import { KafkaUnavailableError } from '@app/kafka';
import { type Command, CommanderError } from 'commander';
import { CannotRunError, exitCodeOf } from './exit-codes';
import { createProgram } from './program';

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

describe('the command line', () => {
  const commands = leaves(createProgram()).map((command) => [command.name(), command] as const);

  it.each(commands)('%s prints JSON, and its help has an example', (name, command) => {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    expect(help).toMatch(new RegExp(`\nExamples:\n  npm run cli -- .*\\b${name}\\b`));
    const hasJson = command.options.some(({ long }) => long === '--json');
    expect(hasJson).toBe(name !== 'completion');
  });

  it.each([['unknown'], ['doctor', '--unknown'], ['produce', '--events', 'many'], ['integrations']])(
    'exits with 2 for the arguments %s',
    async (...args) => {
      const program = createProgram();
      for (const each of [program, ...program.commands]) {
        each.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
      }
      const error: unknown = await program
        .parseAsync(args, { from: 'user' })
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CommanderError);
      expect(exitCodeOf(error)).toBe(2);
    },
  );
});

it.each([
  [2, new ConfigError('invalid')],
  [2, new KafkaUnavailableError('unavailable')],
  [2, new CannotRunError('no console')],
  [1, new Error('rejected')],
  [0, new CommanderError(0, 'commander.helpDisplayed', '')],
])('exits with %d after %s', (code, error) => {
  expect(exitCodeOf(error)).toBe(code);
});
