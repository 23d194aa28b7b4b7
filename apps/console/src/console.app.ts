import { BatchConsumerStrategy } from '@app/kafka';
import { type AppDefinition } from '@app/platform';
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
  module: (config, logger) => ConsoleModule.with(config, logger),
  prepare: async (app, config) => {
    await registerPlugins(app, config);
    requireSignIn(app);
    await serveWebApp(app);
    describeApi(app);
    app.connectMicroservice({ strategy: app.get(BatchConsumerStrategy) });
  },
};
