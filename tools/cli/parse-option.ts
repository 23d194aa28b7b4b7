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
