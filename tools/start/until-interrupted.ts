/// <reference lib="esnext.disposable" />

/**
 * Runs a command until it ends or is interrupted: Ctrl-C, a signal, or the exit of its parent process ends all waiting.
 * Then `undo` stops what the command started, and this process exits: with the code that the command returns, 1 if it
 * throws, or 0 if it was interrupted.
 */
export async function untilInterrupted(
  command: (undo: AsyncDisposableStack) => Promise<number>,
): Promise<never> {
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        resolve('interrupted');
      });
    }
    // The parent process was killed.
    process.once('disconnect', () => {
      resolve('interrupted');
    });
  });
  // The reader may have gone, as after `| head`.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const keepAlive = setInterval(() => undefined, 60_000);
  const undo = new AsyncDisposableStack();
  let exitCode = 0;
  try {
    const ended = await Promise.race([command(undo), interrupted]);
    if (ended === 'interrupted') process.stdout.write('\nStopping…\n');
    else exitCode = ended;
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    exitCode = 1;
  }
  try {
    await undo.disposeAsync();
  } finally {
    clearInterval(keepAlive);
  }
  process.exit(exitCode);
}
