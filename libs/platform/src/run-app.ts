import { type Server } from 'node:http';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyHttpOptions } from 'fastify';
import { Logger as NestPinoLogger } from 'nestjs-pino';
import { type z } from 'zod';
import { platformConfig, printableConfig, type proxyConfig, readConfig } from './config';
import { createLogger, type Logger } from './logging';
import { HealthController, Readiness } from './health';
import { OperationsServer } from './operations-server';
import { PlatformModule } from './platform.module';

type FastifyServerOptions = FastifyHttpOptions<Server>;
type PlatformConfig = z.output<z.ZodObject<typeof platformConfig>>;

export interface AppDefinition<S extends z.ZodObject> {
  name: string;
  configSchema: S;
  port: (config: z.output<S>) => number;
  module: (config: z.output<S>, logger: Logger) => DynamicModule | Promise<DynamicModule>;
  /** False: the app takes bodies as they come, and reads them itself. */
  bodyParser?: boolean;
  /** Connections at a time; further ones are closed. Undefined: there is no limit. */
  maxConnections?: (config: z.output<S>) => number;
  /** Options of the HTTP server, beside those that every app has. */
  server?: FastifyServerOptions;
  /** Called once the app is wired and before it listens: connect transports, register routes. */
  prepare?: (app: NestFastifyApplication, config: z.output<S>) => void | Promise<void>;
}

/** No client can hold a connection for long before it has sent a complete request. */
const serverOptions = {
  forceCloseConnections: 'idle',
  requestTimeout: 30_000,
  keepAliveTimeout: 72_000,
  http: { headersTimeout: 10_000, connectionsCheckingInterval: 2_000, maxHeaderSize: 16 * 1024 },
} as const satisfies FastifyServerOptions;

/** Time that a sender may go on with a body after the response. */
const lingerMs = 2_000;

/** How long requests that have begun may take while the app closes: longer than any of them takes. */
const closingGraceMs = 5_000;

@Module({})
class RootModule {}

/**
 * Runs an app for as long as its process lives.
 * SIGTERM and SIGINT drain it: exit 0, or 1 when the drain outlives SHUTDOWN_TIMEOUT_MS.
 * Anything that prevents the start, or goes wrong unseen later, ends the process with 1, so that its supervisor restarts it.
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

/** Wires an app, ready to listen. */
export async function createApp<S extends z.ZodObject>(
  definition: AppDefinition<S>,
  config: z.output<S>,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    { module: RootModule, imports: [PlatformModule.with(logger), definition.module(config, logger)] },
    new FastifyAdapter({ ...serverOptions, ...definition.server, ...trustedProxies(config) }),
    { bufferLogs: true, abortOnError: false, bodyParser: definition.bodyParser ?? true },
  );
  app.useLogger(app.get(NestPinoLogger));
  if (definition.maxConnections !== undefined)
    app.getHttpServer().maxConnections = definition.maxConnections(config);
  endUnfinishedUploads(app);
  closeStalledConnections(app);
  await definition.prepare?.(app, config);
  return app;
}

/** Node discards the rest of a body after the response, as long as it lasts. Closing at once could lose the response. */
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

/** A server that closes enforces its timeouts no more: a request that is never completed would be waited for without end. */
function closeStalledConnections(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preClose', (done) => {
    setTimeout(() => {
      fastify.server.closeAllConnections();
    }, closingGraceMs).unref();
    done();
  });
}

/** Of apps that have `proxyConfig`. */
function trustedProxies(config: Record<string, unknown>): FastifyServerOptions {
  const { TRUST_PROXY: trusted } = config as Partial<z.output<z.ZodObject<typeof proxyConfig>>>;
  return trusted === undefined ? {} : { trustProxy: trusted };
}

async function start<S extends z.ZodObject>(definition: AppDefinition<S>): Promise<void> {
  const config = readConfig(definition.configSchema) as z.output<S> & PlatformConfig;
  const logger = createLogger(definition.name, config.LOG_LEVEL);
  await startApp(definition, config, logger, (app) => {
    drainOnSignal(app, logger, config.SHUTDOWN_TIMEOUT_MS);
  });
}

/**
 * Starts an app and resolves when it listens. The operations server, which is returned, responds before that, so that an
 * app which waits for Kafka or Redis can say why.
 *
 * @param onWired called before the app waits for anything
 */
export async function startApp<S extends z.ZodObject>(
  definition: AppDefinition<S>,
  config: z.output<S> & PlatformConfig,
  logger: Logger,
  onWired: (app: NestFastifyApplication) => void,
): Promise<OperationsServer> {
  const operations = new OperationsServer(serverOptions);
  const operationsUrl = await operations.listen(config.HOST, config.METRICS_PORT);
  logger.info({ operationsUrl }, 'starting');
  const app = await createApp(definition, config, logger);
  onWired(app);
  let isListening = false;
  app.get(Readiness).require('start', () => (isListening ? undefined : 'The app has not started yet'));
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

function drainOnSignal(app: NestFastifyApplication, logger: Logger, timeoutMs: number): void {
  const drain = async (signal: string): Promise<void> => {
    logger.info({ signal }, 'draining');
    setTimeout(() => {
      logger.error(
        { timeoutMs },
        'the drain took too long; what is unfinished will be taken up by another process',
      );
      process.exit(1);
    }, timeoutMs).unref();
    await app.close();
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

/** For what must not go on unseen: logs the reason and ends the process, so that its supervisor restarts it. */
export function stopAndAlert(logger: Logger, error: unknown): never {
  logger.fatal({ err: error }, 'stopping: the process cannot go on');
  process.exit(1);
}
