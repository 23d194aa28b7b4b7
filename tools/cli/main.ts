import { Command } from 'commander';
import { customerCommand } from './console/customer';
import { integrationsCommand } from './console/integrations';
import { notificationsCommand } from './console/notifications';
import { deadLettersCommand } from './dead-letters/command';
import { forgetCommand } from './forget';
import { lagCommand } from './lag';
import { replayCommand } from './replay';
import { topicsCommand } from './topics';

new Command('revenuecat-statsig')
  .description('Command-line tools of the pipeline. They use the same environment variables as the apps.')
  .showHelpAfterError()
  .addCommand(topicsCommand())
  .addCommand(deadLettersCommand())
  .addCommand(replayCommand())
  .addCommand(lagCommand())
  .addCommand(forgetCommand())
  .addCommand(integrationsCommand())
  .addCommand(notificationsCommand())
  .addCommand(customerCommand())
  .parseAsync()
  .catch((error: unknown) => {
    // Clients that are still connecting would keep the process alive.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`, () =>
      process.exit(1),
    );
  });
