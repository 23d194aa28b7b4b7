import { defaultDurationRange, durationRange, formatDuration } from '@app/platform';
import { type z } from 'zod';

export interface Setting {
  name: string;
  description: string;
  /** The default as the value of an environment variable; undefined if there is none. */
  byDefault: string | undefined;
  isSecret: boolean;
  /** Apps that read it. */
  readBy: string[];
}

export interface SettingGroup {
  title: string;
  settings: Setting[];
}

/** Groups the settings of all apps: shared settings first, each setting once. */
export function settingGroups(
  shared: Record<string, z.ZodRawShape>,
  apps: Record<string, z.ZodRawShape>,
): SettingGroup[] {
  const readBy = (name: string): string[] =>
    Object.entries(apps).flatMap(([app, shape]) => (name in shape ? [app] : []));
  const listed = new Set<string>();
  return Object.entries({ ...shared, ...apps }).flatMap(([title, shape]) => {
    const settings = Object.entries(shape)
      .filter(([name]) => !listed.has(name))
      .map(([name, schema]): Setting => ({ ...describe(name, schema as z.ZodType), readBy: readBy(name) }));
    for (const { name } of settings) listed.add(name);
    return settings.length === 0 ? [] : [{ title, settings }];
  });
}

function describe(name: string, schema: z.ZodType): Omit<Setting, 'readBy'> {
  const absent = schema.safeParse(undefined);
  const text = durationRange(schema) === undefined ? asText : asDuration;
  return {
    name,
    description: schema.description === undefined ? '' : schema.description + rangeOf(schema),
    byDefault: absent.success ? text(absent.data) : undefined,
    isSecret: schema.meta()?.['secret'] === true,
  };
}

/** Returns the range of a duration if it differs from that of most durations, which docs/configuration.md states. */
function rangeOf(schema: z.ZodType): string {
  const { min, max } = durationRange(schema) ?? defaultDurationRange;
  const isUsual = min === defaultDurationRange.min && max === defaultDurationRange.max;
  return isUsual ? '' : ` (${min} to ${max})`;
}

function asDuration(value: unknown): string | undefined {
  return typeof value === 'number' ? formatDuration(value) : undefined;
}

function asText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.join(',') || undefined;
  return typeof value === 'string' ? value || undefined : JSON.stringify(value);
}
