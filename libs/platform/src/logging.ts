import { pino, type Logger } from 'pino';

export type { Logger };

/** Injection token of the process's one logger. */
export const LOGGER = Symbol('LOGGER');

/** An error in a log: what was wrong and where, without the properties that libraries add to it. */
interface LoggedError {
  type: string;
  message: string;
  stack?: string | undefined;
  code?: unknown;
  cause?: LoggedError;
  errors?: LoggedError[];
}

const maxDepth = 4;

/**
 * ioredis, for example, adds the command with its arguments, which may be a password or a customer's attributes, and an
 * HTTP client adds headers: only what is named here is logged.
 */
export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { name, message, stack, cause } = error;
  const { code, errors } = error as Error & { code?: unknown; errors?: unknown };
  const isDeeper = depth < maxDepth;
  return {
    type: name,
    message,
    stack,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(isDeeper && cause !== undefined && { cause: loggedError(cause, depth + 1) }),
    ...(isDeeper && Array.isArray(errors) && { errors: errors.map((one) => loggedError(one, depth + 1)) }),
  };
}

/** Structured JSON lines on standard output. Headers and fields that carry secrets are censored. */
export function createLogger(app: string, level: string): Logger {
  return pino({
    name: app,
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: loggedError, error: loggedError },
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
