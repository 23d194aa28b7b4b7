import { CommanderError } from 'commander';
import { exitCodeOf } from './exit-codes';
import { writeText } from './output';
import { createProgram } from './program';

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    // commander has printed its own errors.
    const message =
      error instanceof CommanderError ? '' : error instanceof Error ? error.message : String(error);
    // Clients that are still connecting would keep the process alive.
    writeText(process.stderr, message, () => process.exit(exitCodeOf(error)));
  });
