import { projectIdSchema } from '@app/integrations';
import { InvalidArgumentError } from 'commander';

/** Parses the value of an option that is a number of seconds. Returns milliseconds. */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 86_400) return value * 1_000;
  throw new InvalidArgumentError('It must be a positive number of seconds.');
}

/** Parses the value of an option that is a positive integer. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a positive integer.');
}

/** Parses the value of an option that is a time in ISO 8601. Returns milliseconds since the epoch. */
export function time(text: string): number {
  const timeMs = Date.parse(text);
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new InvalidArgumentError('Use the format 2026-01-31T12:00:00Z.');
}

/** Parses the value of an option that is a project id. */
export function projectId(text: string): string {
  const parsed = projectIdSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'It is not a project id.');
}
