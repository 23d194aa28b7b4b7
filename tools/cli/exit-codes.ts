import { isKafkaUnavailable } from '@app/kafka';
import { ConfigError, isRedisUnavailable } from '@app/platform';
import { CommanderError } from 'commander';

/** Exit codes of every command; docs/cli.md documents them. */
export const exitCodes = {
  ok: 0,
  /** The command ran, and found errors, or could not do all that was asked. */
  failed: 1,
  /** The command could not run: invalid arguments or settings, or a server that it needs does not respond. */
  unusable: 2,
} as const;

/** The command cannot run. The message describes what to change. */
export class CannotRunError extends Error {
  override readonly name = 'CannotRunError';
}

/** Exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.unusable;
  const cannotRun =
    error instanceof CannotRunError ||
    error instanceof ConfigError ||
    isKafkaUnavailable(error) ||
    isRedisUnavailable(error);
  return cannotRun ? exitCodes.unusable : exitCodes.failed;
}
