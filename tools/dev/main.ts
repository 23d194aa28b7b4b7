/** `npm run dev`: runs the apps from source and restarts each one when a file that it uses changes. */
import { Argument, Command } from 'commander';
import { untilInterrupted } from '../start/until-interrupted';
import { type AppName, appNames, dev } from './dev';

const program = new Command('npm run dev --')
  .description(
    'Run the pipeline from source, with Kafka, Redis and a simulated Statsig. Each app restarts when a file that it uses changes.',
  )
  .addArgument(
    new Argument('[apps...]', 'apps to run; those of a pipeline that runs already are used for the others')
      .choices(appNames)
      .default(appNames, 'all'),
  )
  .option(
    '--debug',
    'let debuggers attach to these apps: the first one on port 9229, the next on 9230',
    false,
  );

const { debug } = program.parse().opts<{ debug: boolean }>();
const [apps] = program.processedArgs as [AppName[]];
void untilInterrupted((undo) => dev({ apps, debug }, undo));
