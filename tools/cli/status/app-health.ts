import { list, readConfig } from '@app/platform';
import { z } from 'zod';
import { type AppStatus } from './status';

const timeoutMs = 3_000;
const appAddress = /^(?<name>[^=]+)=(?<url>https?:\/\/.+)$/;

export const appAddresses = {
  CLI_APP_URLS: list()
    .refine(
      (items) => items.every((item) => appAddress.test(item)),
      'must be name=http://host:port, comma-separated',
    )
    .default([])
    .describe(
      'Addresses of apps whose health the CLI shows, comma-separated: name=http://host:port; any port that serves /health/ready',
    ),
};

/** Health of the apps in the settings. */
export function readAppHealth(): Promise<AppStatus[]> {
  const { CLI_APP_URLS } = readConfig(z.object(appAddresses));
  return Promise.all(
    CLI_APP_URLS.map((item) => {
      const { name = '', url = '' } = appAddress.exec(item)?.groups ?? {};
      return healthOf(name, url);
    }),
  );
}

async function healthOf(name: string, url: string): Promise<AppStatus> {
  try {
    const response = await fetch(new URL('/health/ready', url), { signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    return response.ok
      ? { name, url, health: 'ready', detail: null }
      : { name, url, health: 'not ready', detail: problemsIn(text) ?? `Status ${response.status}` };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const detail = cause instanceof Error ? cause.message : String(cause);
    return { name, url, health: 'unreachable', detail };
  }
}

const healthBody = z.object({ error: z.record(z.string(), z.object({ message: z.string() })) });

/** The messages of the checks that failed. */
function problemsIn(text: string): string | undefined {
  try {
    const { error } = healthBody.parse(JSON.parse(text));
    return Object.values(error)
      .map(({ message }) => message)
      .join(' ');
  } catch {
    return undefined;
  }
}
