import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { duration, durationRange, formatDuration, maxTimer } from './duration';

/** The process cannot start with its settings. The message lists every problem and what to set. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** A setting whose value must never be printed: logs show only whether it is set. */
export const secret = <T extends z.ZodType>(schema: T): T => schema.meta({ ...schema.meta(), secret: true });

/** A boolean setting: "true", "1", "yes" and "on" are true. */
export const flag = (byDefault: boolean) => z.stringbool().default(byDefault);

export const list = () =>
  z.string().transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

export const port = (byDefault: number) => z.coerce.number().int().min(0).max(65_535).default(byDefault);

/** An integer setting, whose unit, if it has one, is in its name: `…_BYTES`. */
export const count = (byDefault: number, min = 1, max = Number.MAX_SAFE_INTEGER) =>
  z.coerce.number().int().min(min).max(max).default(byDefault);

/**
 * Reads an app's settings from the environment.
 * An empty variable counts as not set. `<NAME>_FILE` is the path of a file that contains the value, such as a mounted secret.
 * Throws {@link ConfigError}.
 */
export function readConfig<S extends z.ZodObject>(
  schema: S,
  env: NodeJS.ProcessEnv = process.env,
): z.output<S> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse({ ...present, ...settingsInFiles(Object.keys(schema.shape), present) });
  if (result.success) return result.data;
  throw settingsError(
    result.error.issues.map((issue) => `${issue.path.join('.') || 'settings'}: ${issue.message}`),
  );
}

/** @param problems each begins with the name of a setting and a colon */
export function settingsError(problems: readonly string[]): ConfigError {
  const lines = problems.map((problem) => `  ${problem}`);
  return new ConfigError(
    `Invalid settings. Fix these environment variables (docs/configuration.md):\n${lines.join('\n')}`,
  );
}

/** Line breaks at the end of a file are not part of the setting. */
function settingsInFiles(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const name of names) {
    const file = env[`${name}_FILE`];
    if (file === undefined) continue;
    if (env[name] !== undefined) {
      throw new ConfigError(`Set either ${name} or ${name}_FILE, not both.`);
    }
    let text: string;
    try {
      text = readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
    } catch (error) {
      throw new ConfigError(`${name}_FILE names a file that cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
    if (text === '') throw new ConfigError(`${name}_FILE names a file that is empty.`);
    settings[name] = text;
  }
  return settings;
}

/** The settings for printing: durations with their unit, and of secrets and PEM text only whether they are set. */
export function printableConfig(
  schema: z.ZodObject,
  config: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      printable(value, schema.shape[name] as z.ZodType | undefined),
    ]),
  );
}

function printable(value: unknown, setting: z.ZodType | undefined): unknown {
  const isSecret = setting?.meta()?.['secret'] === true;
  const isPem = typeof value === 'string' && value.includes('-----BEGIN ');
  if (isSecret || isPem) return isSet(value) ? 'set' : 'not set';
  const isDuration = setting !== undefined && durationRange(setting) !== undefined;
  return isDuration && typeof value === 'number' ? formatDuration(value) : value;
}

function isSet(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

/** Names of ranges: https://github.com/fastify/proxy-addr */
const namedRanges = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Settings of apps that clients reach through a proxy. */
export const proxyConfig = {
  TRUST_PROXY: list()
    .refine((items) => items.every((item) => namedRanges.has(item) || isAddressRange(item)), {
      error: 'must be IP addresses, ranges such as 10.0.0.0/8, or loopback, linklocal, uniquelocal',
    })
    .optional()
    .describe(
      'Trusted proxies, whose X-Forwarded-For has the client address: addresses and ranges, comma-separated; uniquelocal: all private ranges',
    ),
};

function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const maxBits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    rest.length === 0 && (bits === undefined ? maxBits > 0 : /^\d+$/.test(bits) && Number(bits) <= maxBits)
  );
}

/** Settings that every app has. */
export const platformConfig = {
  HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace'])
    .default('info')
    .describe('Minimum level that is logged'),
  OPERATIONS_PORT: port(0).describe(
    'Port of /metrics, /health/live and /health/ready; it must not be public. 0 selects a free port, which is logged',
  ),
  BUILD_COMMIT: z
    .string()
    .default('unknown')
    .describe('Commit that the app was built from, for the metric rcstatsig_build_info; the image sets it'),
  SHUTDOWN_TIMEOUT: duration('30s', { max: maxTimer }).describe(
    'Shutdown timeout: maximum time to finish work in flight',
  ),
};
