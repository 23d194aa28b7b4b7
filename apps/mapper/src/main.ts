import 'reflect-metadata';
import { BatchConsumerStrategy } from '@app/kafka';
import { runApp } from '@app/platform';
import { mapperConfig } from './mapper.config';
import { MapperModule } from './mapper.module';

void runApp({
  name: 'mapper',
  configSchema: mapperConfig,
  port: (config) => config.MAPPER_PORT,
  module: (config, logger) => MapperModule.with(config, logger),
  prepare: (app) => {
    app.connectMicroservice({ strategy: app.get(BatchConsumerStrategy) });
  },
});
