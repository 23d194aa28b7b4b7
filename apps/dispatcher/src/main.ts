import 'reflect-metadata';
import { BatchConsumerStrategy } from '@app/kafka';
import { runApp } from '@app/platform';
import { dispatcherConfig } from './dispatcher.config';
import { DispatcherModule } from './dispatcher.module';

void runApp({
  name: 'dispatcher',
  configSchema: dispatcherConfig,
  port: (config) => config.DISPATCHER_PORT,
  module: (config, logger) => DispatcherModule.with(config, logger),
  prepare: (app) => {
    app.connectMicroservice({ strategy: app.get(BatchConsumerStrategy) });
  },
});
