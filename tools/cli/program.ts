import { Command } from 'commander';
import { completionCommand } from './completion/command';
import { customerCommand } from './console/customer';
import { integrationsCommand } from './console/integrations';
import { notificationsCommand } from './console/notifications';
import { deadLettersCommand } from './dead-letters/command';
import { doctorCommand } from './doctor/command';
import { forgetCommand } from './forget';
import { lagCommand } from './lag';
import { produceCommand } from './produce/command';
import { reconcileCommand } from './reconcile/command';
import { replayCommand } from './replay';
import { statusCommand } from './status/command';
import { topicsCommand } from './topics';

/** The command line with all commands. Throws a CommanderError instead of exiting. */
export function createProgram(): Command {
  const program = new Command('revenuecat-statsig')
    .description('Command-line tools of the pipeline. They use the same environment variables as the apps.')
    .addHelpText(
      'after',
      '\nExit codes: 0 success, 1 errors found or not all done, 2 could not run. See docs/cli.md.',
    )
    .exitOverride()
    .showHelpAfterError('(--help lists the options)')
    .addCommand(doctorCommand())
    .addCommand(statusCommand())
    .addCommand(lagCommand())
    .addCommand(topicsCommand())
    .addCommand(deadLettersCommand())
    .addCommand(replayCommand())
    .addCommand(produceCommand())
    .addCommand(reconcileCommand())
    .addCommand(forgetCommand())
    .addCommand(integrationsCommand())
    .addCommand(notificationsCommand())
    .addCommand(customerCommand());
  program.addCommand(completionCommand(program));
  inheritSettings(program);
  return program;
}

/** `addCommand` does not pass the settings of the parent on. */
function inheritSettings(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inheritSettings(command);
  }
}
