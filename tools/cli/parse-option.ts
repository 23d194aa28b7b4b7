import { projectIdSchema } from '@app/integrations';
import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

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

const isoTime = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/**
 * Parses the value of an option that is a date (in UTC) or a time in ISO 8601. Returns milliseconds since the epoch. A time
 * needs a zone: otherwise it would depend on the machine.
 */
export function time(text: string): number {
  if (isoTime.safeParse(text).success) return Date.parse(text);
  throw new InvalidArgumentError(
    'Use the format 2026-01-31, 2026-01-31T12:00:00Z or 2026-01-31T12:00:00+01:00.',
  );
}

/** Parses the value of an option that is a project id. */
export function projectId(text: string): string {
  const parsed = projectIdSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'It is not a project id.');
}
