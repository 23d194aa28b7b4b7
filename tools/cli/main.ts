import { Command } from 'commander';
import { customerCommand } from './console/customer';
import { integrationsCommand } from './console/integrations';
import { deadLettersCommand } from './dead-letters/command';
import { forgetCommand } from './forget';
import { lagCommand } from './lag';
import { replayCommand } from './replay';
import { topicsCommand } from './topics';

new Command('revenuecat-statsig')
  .description('Tools of the pipeline. Settings come from the environment, as those of the apps do.')
  .showHelpAfterError()
  .addCommand(topicsCommand())
  .addCommand(deadLettersCommand())
  .addCommand(replayCommand())
  .addCommand(lagCommand())
  .addCommand(forgetCommand())
  .addCommand(integrationsCommand())
  .addCommand(customerCommand())
  .parseAsync()
  .catch((error: unknown) => {
    // Clients that still try to connect would keep the process alive.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`, () =>
      process.exit(1),
    );
  });
