import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

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
 * HTTP client adds headers: only what is named here is logged. `JSON.parse` quotes the text in its message: that is left out.
 */
export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { name, cause } = error;
  const quotes = name === 'SyntaxError' && error.message.includes('"');
  const message = quotes ? 'invalid JSON' : error.message;
  const stack = quotes ? error.stack?.replace(error.message, message) : error.stack;
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

/**
 * Structured JSON lines. Headers and fields that carry secrets are censored.
 *
 * @param destination standard output unless given
 */
export function createLogger(app: string, level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
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
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
