import { BatchConsumerStrategy } from '@app/kafka';
import { type AppDefinition } from '@app/platform';
import { consoleConfig } from './console.config';
import { ConsoleModule } from './console.module';
import { registerPlugins } from './http/console-plugins';
import { describeApi } from './http/open-api';
import { serveWebApp } from './web-app/web-app';

export const consoleApp: AppDefinition<typeof consoleConfig> = {
  name: 'console',
  configSchema: consoleConfig,
  port: (config) => config.CONSOLE_PORT,
  module: (config, logger) => ConsoleModule.with(config, logger),
  prepare: async (app, config) => {
    await registerPlugins(app, config);
    await serveWebApp(app);
    describeApi(app);
    app.connectMicroservice({ strategy: app.get(BatchConsumerStrategy) });
  },
};
