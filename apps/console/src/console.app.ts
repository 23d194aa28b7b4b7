import { BatchConsumerStrategy } from '@app/kafka';
import { type AppDefinition, LOGGER, type Logger, LogThrottle } from '@app/platform';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { requireSignIn } from './auth/require-sign-in';
import { consoleConfig } from './console.config';
import { ConsoleModule } from './console.module';
import { registerPlugins } from './http/console-plugins';
import { describeApi } from './http/open-api';
import { serveWebApp } from './web-app/web-app';

export const consoleApp: AppDefinition<typeof consoleConfig> = {
  name: 'console',
  configSchema: consoleConfig,
  port: (config) => config.CONSOLE_PORT,
  maxConnections: (config) => config.CONSOLE_MAX_CONNECTIONS,
  module: (config) => ConsoleModule.with(config),
  prepare: async (app, config) => {
    await registerPlugins(app, config);
    requireSignIn(app);
    reportDrops(app);
    await serveWebApp(app);
    describeApi(app);
    app.connectMicroservice({ strategy: app.get(BatchConsumerStrategy) });
  },
};

/** Logs connections that are closed because of CONSOLE_MAX_CONNECTIONS. */
function reportDrops(app: NestFastifyApplication): void {
  const logger = app.get<Logger>(LOGGER);
  const throttle = new LogThrottle(Date.now);
  app
    .getHttpAdapter()
    .getInstance()
    .server.on('drop', () => {
      const sinceLastLine = throttle.count('drop');
      if (sinceLastLine !== undefined)
        logger.warn({ sinceLastLine }, 'connection closed: CONSOLE_MAX_CONNECTIONS reached');
    });
}
