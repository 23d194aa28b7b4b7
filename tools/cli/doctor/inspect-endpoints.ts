import { readConfig } from '@app/platform';
import { revenueCatApiConfig } from '@app/revenuecat-api';
import { statsigConfig } from '@app/statsig';
import { request } from 'undici';
import { z } from 'zod';
import { type ClockDifference } from './evaluate-clock';
import { type Endpoint, evaluateEndpoint, type Probe } from './evaluate-endpoint';
import { type Finding } from './finding';
import { type RedisInspection } from './inspect-redis';

const timeoutMs = 5_000;
/** The Date header has whole seconds. */
const dateResolutionMs = 1_000;

const config = z.object({ ...statsigConfig, ...revenueCatApiConfig });

export async function inspectEndpoints(
  redis: RedisInspection,
): Promise<{ findings: Finding[]; clocks: ClockDifference[] }> {
  const results = await Promise.all(
    endpoints(redis).map(async (endpoint) => {
      const { probe, clock } = await probeEndpoint(endpoint);
      return { finding: evaluateEndpoint(endpoint, probe), clock };
    }),
  );
  return {
    findings: results.map(({ finding }) => finding),
    clocks: results.flatMap(({ clock }) => clock ?? []),
  };
}

function endpoints({ integrations, isComplete }: RedisInspection): Endpoint[] {
  const { STATSIG_BASE_URL, STATSIG_EVENTS_URL, REVENUECAT_API_URL } = readConfig(config);
  const uses = (format: string): boolean =>
    !isComplete || integrations.some(({ settings }) => settings?.format === format);
  return [
    { name: 'Statsig', url: STATSIG_BASE_URL, setting: 'STATSIG_BASE_URL', isNeeded: uses('revenuecat') },
    { name: 'Statsig', url: STATSIG_EVENTS_URL, setting: 'STATSIG_EVENTS_URL', isNeeded: uses('log_event') },
    {
      name: 'RevenueCat',
      url: REVENUECAT_API_URL,
      setting: 'REVENUECAT_API_URL',
      isNeeded: integrations.some(({ settings }) => settings?.lookup !== undefined),
    },
  ];
}

/** Requests the root of the origin without credentials. Any response shows that TCP, TLS and HTTP work. */
async function probeEndpoint({ name, url }: Endpoint): Promise<{ probe: Probe; clock?: ClockDifference }> {
  const beforeMs = Date.now();
  const started = performance.now();
  try {
    const { statusCode, headers, body } = await request(new URL('/', url), {
      method: 'HEAD',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await body.dump();
    const elapsedMs = performance.now() - started;
    const probe: Probe = { kind: 'reached', status: statusCode, elapsedMs };
    const dateMs = typeof headers.date === 'string' ? Date.parse(headers.date) : Number.NaN;
    if (Number.isNaN(dateMs)) return { probe };
    const differenceMs = dateMs + dateResolutionMs / 2 - (beforeMs + elapsedMs / 2);
    return {
      probe,
      clock: { source: name, differenceMs, uncertaintyMs: elapsedMs / 2 + dateResolutionMs / 2 },
    };
  } catch (error) {
    return { probe: { kind: 'failed', cause: error instanceof Error ? error : new Error(String(error)) } };
  }
}
