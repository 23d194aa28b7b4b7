import { BatchConsumerStrategy } from '@app/kafka';
import { type AppDefinition } from '@app/platform';
import { mapperConfig } from './mapper.config';
import { MapperModule } from './mapper.module';

export const mapperApp: AppDefinition<typeof mapperConfig> = {
  name: 'mapper',
  configSchema: mapperConfig,
  port: (config) => config.MAPPER_PORT,
  module: (config) => MapperModule.with(config),
  prepare: (app) => {
    app.connectMicroservice({ strategy: app.get(BatchConsumerStrategy) });
  },
};
