import { type AppDefinition } from '@app/platform';
import { dispatcherConfig } from './dispatcher.config';
import { DispatcherModule } from './dispatcher.module';

export const dispatcherApp: AppDefinition<typeof dispatcherConfig> = {
  name: 'dispatcher',
  configSchema: dispatcherConfig,
  port: (config) => config.DISPATCHER_PORT,
  module: (config) => DispatcherModule.with(config),
};
