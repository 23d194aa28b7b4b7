import { ingestUrlConfig, integrationConfig, webhookConfig } from '@app/integrations';
import { kafkaConfig, topicConfig } from '@app/kafka';
import {
  count,
  duration,
  flag,
  list,
  platformConfig,
  port,
  proxyConfig,
  redisConfig,
  secret,
} from '@app/platform';
import { revenueCatApiConfig } from '@app/revenuecat-api';
import { statsigConfig } from '@app/statsig';
import { z } from 'zod';

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

/** A host name in the form that it has in a URL, in which it is compared with that of a request. */
const hostName = z.string().transform((text, context) => {
  const url = URL.parse(`http://${text}`);
  if (url !== null && url.href === `http://${url.hostname}/`) return url.hostname;
  context.addIssue({ code: 'custom', message: 'must be host names without a scheme, port or path' });
  return z.NEVER;
});

/** Whether a console that listens on this host is reachable from its own machine only. */
export function isLoopback(host: string): boolean {
  return loopback.has(host);
}

export const consoleConfig = z
  .object({
    ...platformConfig,
    ...proxyConfig,
    ...kafkaConfig,
    ...topicConfig,
    ...redisConfig,
    ...integrationConfig,
    ...webhookConfig,
    ...statsigConfig,
    ...revenueCatApiConfig,
    CONSOLE_PORT: port(8083).describe('Port of the console'),
    CONSOLE_MAX_CONNECTIONS: count(256).describe(
      'Maximum number of concurrent connections; further ones are closed',
    ),
    CONSOLE_TOKEN: secret(
      z
        .string()
        .min(16)
        .optional()
        .describe(
          'Token for signing in and for API clients, at least 16 characters; required unless HOST is a loopback address',
        ),
    ),
    CONSOLE_SESSION_LIFETIME: duration('12h').describe('Session lifetime'),
    CONSOLE_SECURE_COOKIE: flag(false).describe(
      'Restrict the session cookie to HTTPS and send HSTS; set this if the console is served over HTTPS',
    ),
    CONSOLE_SIGN_INS_PER_MINUTE: count(10).describe(
      'Maximum number of wrong tokens per minute and client before status 429; the right token is always accepted',
    ),
    CONSOLE_HOSTS: list()
      .pipe(z.array(hostName))
      .default([])
      .describe(
        'Host names of the console, comma-separated; localhost, IP addresses and names without a dot need not be listed',
      ),
    CONSOLE_DATABASE: z
      .string()
      .default('.console/read-model.sqlite')
      .describe('File of the read model; if it is deleted, it is rebuilt from Kafka'),
    CONSOLE_RETENTION: duration('7d').describe('Retention of events in the console'),
    CONSOLE_KEEP_EVENTS: count(2_000_000).describe(
      'Maximum number of events in the console, whatever their age',
    ),
    CONSOLE_KEEP_BYTES: count(8 * 1024 ** 3).describe(
      'Maximum size of the read model; above it, the oldest events are removed, or the oldest dead letters if they take more than half',
    ),
    CONSOLE_DEAD_LETTER_RETENTION: duration('30d').describe('Retention of dead letters in the console'),
    CONSOLE_AUDIT_RETENTION: duration('365d').describe('Retention of audit records in the console'),
    CONSOLE_PUBLIC_URL: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe(
        'Public base URL of the console, for the links in notifications; without it, they have no links',
      ),
    CONSOLE_TRACE_URL: z
      .string()
      .refine((url) => /^https?:\/\//.test(url) && url.includes('{traceId}'), {
        error: 'must be a URL that contains {traceId}, such as https://tempo.example.com/trace/{traceId}',
      })
      .optional()
      .describe(
        'Address of a trace in your tracing system, with {traceId} for its id; events then link to their trace',
      ),
    NOTIFICATION_RETRYING_AFTER: duration('10m').describe(
      'Minimum time that an integration retries without a success before this is reported',
    ),
    NOTIFICATION_RECOVERED_AFTER: duration('2m').describe(
      'Minimum time that a problem is absent before its end is reported, so that flapping causes one notification',
    ),
    NOTIFICATION_SILENCE_AFTER: duration('2h').describe(
      'Minimum time without an event before silence is reported, if at least ten events arrived at the same time of the day before',
    ),
    ...ingestUrlConfig,
  })
  .refine(({ CONSOLE_TOKEN, HOST }) => CONSOLE_TOKEN !== undefined || isLoopback(HOST), {
    path: ['CONSOLE_TOKEN'],
    message:
      'Without a token, anyone who can connect could use the console, so it listens on loopback only. Set CONSOLE_TOKEN, or set HOST to 127.0.0.1.',
  });

export type ConsoleConfig = z.output<typeof consoleConfig>;

/** Injection token of the {@link ConsoleConfig}. */
export const CONSOLE_CONFIG = Symbol('CONSOLE_CONFIG');
