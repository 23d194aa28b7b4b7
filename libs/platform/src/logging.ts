import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger };

/** Injection token of the process's logger. */
export const LOGGER = Symbol('LOGGER');

/** An error as it is logged, without the properties that libraries add to it. */
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
 * Selects the properties of an error that are safe to log. ioredis, for example, adds the arguments of the command, which may
 * be a password or a customer's attributes, and HTTP clients add headers. Messages of `JSON.parse` that quote its input are
 * replaced.
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
 * Creates a logger that writes JSON lines. Headers and fields with secrets are censored.
 *
 * @param destination default: standard output
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
        'sandboxServerSecret',
        '*.sandboxServerSecret',
        ...['apiKey', '*.apiKey', '*.*.apiKey', 'salt', '*.salt', '*.*.salt'],
        '*["statsig-api-key"]',
        '*["x-revenuecat-webhook-signature"]',
      ],
      censor: '[secret]',
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
