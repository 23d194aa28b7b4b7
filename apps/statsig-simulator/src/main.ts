import { runApp } from '@app/platform';
import { simulatorConfig } from './simulator-config';
import { SimulatorModule } from './simulator.module';
import { watchConnections } from './statsig/connection-hooks';

void runApp({
  name: 'statsig-simulator',
  configSchema: simulatorConfig,
  port: (config) => config.SIMULATOR_PORT,
  module: (config) => SimulatorModule.with(config),
  prepare: (app, config) => {
    watchConnections(app, config.SIMULATOR_MAX_BODY_BYTES);
  },
});
