import { z } from 'zod';

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof unitMs;

/** A duration as it is written in a setting. */
export type DurationText = '0' | `${number}${Unit}`;

export interface DurationRange {
  min: DurationText;
  max: DurationText;
}

/** The range of settings that do not state another one. */
export const defaultDurationRange: DurationRange = { min: '1ms', max: '36500d' };

/** The longest time that setTimeout supports. It fires at once if the time is longer. */
export const maxTimerMs = 2 ** 31 - 1;

/** Maximum of a setting that is passed to setTimeout: {@link maxTimerMs}, in whole days. */
export const maxTimer = '24d' satisfies DurationText;

/** A setting that is a time, such as `500ms`, `10s`, `10m`, `12h` or `30d`. It is parsed to milliseconds. */
export function duration(byDefault: DurationText, range: Partial<DurationRange> = {}) {
  const { min, max } = { ...defaultDurationRange, ...range };
  const [minMs = 0, maxMs = Infinity] = [millisecondsIn(min), millisecondsIn(max)];
  return z
    .string()
    .transform((text, context) => {
      const ms = millisecondsIn(text);
      if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
      const message =
        ms === undefined
          ? 'must be a whole number and a unit (ms, s, m, h or d), such as 500ms, 10s or 30d'
          : `must be from ${min} to ${max}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .prefault(byDefault)
    .meta({ duration: { min, max } });
}

/** The range of a setting that is a duration; undefined for other settings. */
export function durationRange(schema: z.ZodType): DurationRange | undefined {
  return schema.meta()?.['duration'] as DurationRange | undefined;
}

/** Formats milliseconds as they are written in a setting, with the largest unit that needs no fraction. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0';
  const [unit, size] = Object.entries(unitMs).findLast(([, each]) => ms % each === 0) ?? ['ms', 1];
  return `${String(ms / size)}${unit}`;
}

/** Undefined if the text is not a duration. Only zero needs no unit. */
function millisecondsIn(text: string): number | undefined {
  if (text === '0') return 0;
  const [, digits, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(digits) * unitMs[unit as Unit];
}
