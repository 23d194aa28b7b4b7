import { pino, type Logger } from 'pino';

export type { Logger };

/** Injection token of the process's one logger. */
export const LOGGER = Symbol('LOGGER');

/** Structured JSON lines on standard output. Headers and fields that carry secrets are censored. */
export function createLogger(app: string, level: string): Logger {
  return pino({
    name: app,
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        'authorization',
        '*.authorization',
        'serverSecret',
        '*.serverSecret',
        '*["statsig-api-key"]',
        '*["x-revenuecat-webhook-signature"]',
      ],
      censor: '[secret]',
    },
  });
}
