import { type AppDefinition } from '@app/platform';
import { simulatorConfig } from './simulator-config';
import { SimulatorModule } from './simulator.module';
import { watchConnections } from './statsig/connection-hooks';

export const simulatorApp: AppDefinition<typeof simulatorConfig> = {
  name: 'statsig-simulator',
  configSchema: simulatorConfig,
  port: (config) => config.SIMULATOR_PORT,
  module: (config) => SimulatorModule.with(config),
  prepare: (app, config) => {
    watchConnections(app, config.SIMULATOR_MAX_BODY_BYTES);
  },
};
