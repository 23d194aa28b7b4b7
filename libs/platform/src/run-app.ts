import { type Server } from 'node:http';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyHttpOptions } from 'fastify';
import { type z } from 'zod';
import { platformConfig, printableConfig, type proxyConfig, readConfig } from './config';
import { reportBuild } from './build-info';
import { createLogger, type Logger } from './logging';
import { HealthController, Readiness } from './health';
import { OperationsServer } from './operations-server';
import { ready } from './platform.metrics';
import { FrameworkLogger, PlatformModule } from './platform.module';
import { clientErrorHandler, frameworkErrors } from './server-problems';
import { type RunningTracing, startTracing } from './tracing/start-tracing';
import { type TracingConfig } from './tracing/tracing-config';
import { recordRoutes } from './unrouted-request';

type FastifyServerOptions = FastifyHttpOptions<Server>;
type PlatformConfig = z.output<z.ZodObject<typeof platformConfig>>;

export interface AppDefinition<S extends z.ZodObject> {
  name: string;
  configSchema: S;
  port: (config: z.output<S>) => number;
  module: (config: z.output<S>) => DynamicModule;
  /** False: request bodies are not parsed, and the app reads them itself. */
  bodyParser?: boolean;
  /** Maximum number of open connections; further ones are closed. Undefined: unlimited. */
  maxConnections?: (config: z.output<S>) => number;
  /** Options of the HTTP server, in addition to those of every app. */
  server?: FastifyServerOptions;
  /** Called after the app is wired and before it listens: connect transports, register routes. */
  prepare?: (app: NestFastifyApplication, config: z.output<S>) => void | Promise<void>;
}

/** Limits how long a client can hold a connection without sending a complete request, and makes every error a problem. */
const serverOptions = {
  forceCloseConnections: 'idle',
  requestTimeout: 30_000,
  keepAliveTimeout: 72_000,
  http: { headersTimeout: 10_000, connectionsCheckingInterval: 2_000, maxHeaderSize: 16 * 1024 },
  frameworkErrors,
  clientErrorHandler,
} as const satisfies FastifyServerOptions;

/** Time for which a client may continue to send a body after the response. */
const lingerMs = 2_000;

/** Timeout of requests in flight while the app closes, longer than any of them should take. */
const closingGraceMs = 5_000;

@Module({})
class RootModule {}

/**
 * Runs an app for as long as its process lives.
 * SIGTERM and SIGINT shut it down gracefully: exit code 0, or 1 if that exceeds SHUTDOWN_TIMEOUT.
 * A failed start and any later unhandled error end the process with exit code 1, so that its supervisor restarts it.
 */
export async function runApp<S extends z.ZodObject>(definition: AppDefinition<S>): Promise<void> {
  try {
    await start(definition);
  } catch (error) {
    process.stderr.write(
      `${definition.name} did not start. ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  }
}

/** Creates an app that is ready to listen. */
export async function createApp<S extends z.ZodObject>(
  definition: AppDefinition<S>,
  config: z.output<S>,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    { module: RootModule, imports: [PlatformModule.with(logger), definition.module(config)] },
    new FastifyAdapter({ ...serverOptions, ...definition.server, ...trustedProxies(config) }),
    {
      bufferLogs: true,
      // The caller reports why an app cannot be created; NestJS would report it too.
      autoFlushLogs: false,
      abortOnError: false,
      bodyParser: definition.bodyParser ?? true,
    },
  );
  app.useLogger(app.get(FrameworkLogger));
  app.flushLogs();
  if (definition.maxConnections !== undefined)
    app.getHttpServer().maxConnections = definition.maxConnections(config);
  recordRoutes(app.getHttpAdapter().getInstance());
  endUnfinishedUploads(app);
  closeStalledConnections(app);
  await definition.prepare?.(app, config);
  return app;
}

/** Node.js discards the rest of a body after the response, without a time limit. Closing at once could lose the response. */
function endUnfinishedUploads(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onResponse', ({ raw }, _reply, done) => {
    done();
    if (raw.complete) return;
    setTimeout(() => {
      if (!raw.complete) raw.destroy();
    }, lingerMs).unref();
  });
}

/** A closing server no longer enforces its timeouts, and would wait indefinitely for a request that is never completed. */
function closeStalledConnections(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preClose', (done) => {
    setTimeout(() => {
      fastify.server.closeAllConnections();
    }, closingGraceMs).unref();
    done();
  });
}

/** The trusted proxies of an app with `proxyConfig`. */
function trustedProxies(config: Record<string, unknown>): FastifyServerOptions {
  const { TRUST_PROXY: trusted } = config as Partial<z.output<z.ZodObject<typeof proxyConfig>>>;
  return trusted === undefined ? {} : { trustProxy: trusted };
}

async function start<S extends z.ZodObject>(definition: AppDefinition<S>): Promise<void> {
  const config = readConfig(definition.configSchema) as z.output<S> & PlatformConfig;
  const logger = createLogger(definition.name, config.LOG_LEVEL);
  const tracing = await startTracing(definition.name, config as Partial<TracingConfig>, logger);
  await startApp(definition, config, logger, (app) => {
    drainOnSignal(app, logger, config.SHUTDOWN_TIMEOUT, tracing);
  });
}

/**
 * Starts an app and resolves when it listens. The returned operations server responds before that, so that an app that waits
 * for Kafka or Redis can report why.
 *
 * @param onWired called before the app waits for anything
 */
export async function startApp<S extends z.ZodObject>(
  definition: AppDefinition<S>,
  config: z.output<S> & PlatformConfig,
  logger: Logger,
  onWired: (app: NestFastifyApplication) => void,
): Promise<OperationsServer> {
  reportBuild(definition.name, config.BUILD_COMMIT);
  ready.set({ app: definition.name, check: 'start' }, 0);
  const operations = new OperationsServer(serverOptions);
  const operationsUrl = await operations.listen(config.HOST, config.OPERATIONS_PORT);
  logger.info({ operationsUrl }, 'starting');
  const app = await createApp(definition, config, logger);
  onWired(app);
  let isListening = false;
  const readiness = app.get(Readiness);
  readiness.require('start', () => (isListening ? undefined : 'The app has not started yet'));
  operations.beforeScrape = () => readiness.report(definition.name);
  operations.health = app.get(HealthController);
  await app.init();
  await app.startAllMicroservices();
  await app.listen(definition.port(config), config.HOST);
  isListening = true;
  logger.info(
    { url: await app.getUrl(), operationsUrl, settings: printableConfig(definition.configSchema, config) },
    'ready',
  );
  return operations;
}

function drainOnSignal(
  app: NestFastifyApplication,
  logger: Logger,
  timeoutMs: number,
  tracing: RunningTracing | undefined,
): void {
  const drain = async (signal: string): Promise<void> => {
    logger.info({ signal }, 'draining');
    const startedMs = performance.now();
    const timer = setTimeout(() => {
      logger.error(
        { timeoutMs },
        'graceful shutdown timed out; another instance will pick up unfinished work',
      );
      process.exit(1);
    }, timeoutMs).unref();
    await app.close();
    clearTimeout(timer);
    await tracing?.stop(startedMs + timeoutMs - performance.now());
    logger.info('drained');
    process.exit(0);
  };
  let draining = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (draining) return;
      draining = true;
      drain(signal).catch((error: unknown) => {
        stopAndAlert(logger, error);
      });
    });
  }
  process.on('unhandledRejection', (error) => {
    stopAndAlert(logger, error);
  });
  process.on('uncaughtException', (error) => {
    stopAndAlert(logger, error);
  });
}

/** Logs a fatal error and ends the process, so that its supervisor restarts it. */
export function stopAndAlert(logger: Logger, error: unknown): never {
  logger.fatal({ err: error }, 'fatal error; exiting');
  process.exit(1);
}
