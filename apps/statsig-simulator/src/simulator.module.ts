import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ActiveFaults } from './faults/active-faults';
import { LogStream } from './log-stream/log-stream';
import { PageController } from './log-stream/page.controller';
import { EventRecorder } from './recording/event-recorder';
import { SimulatorApiController } from './simulator-api/simulator-api.controller';
import { type SimulatorConfig } from './simulator-config';
import { Exchange } from './statsig/exchange';
import { StatsigSettings } from './statsig/statsig-settings';
import { StatsigController } from './statsig/statsig.controller';
import { StatsigErrorFilter } from './statsig/statsig-error.filter';
import { Traffic } from './statsig/traffic';

@Module({})
export class SimulatorModule {
  static with(config: SimulatorConfig): DynamicModule {
    const settings = new StatsigSettings(config.SIMULATOR_KEYS, config.SIMULATOR_INCLUDE_SANDBOX);
    const faults = new ActiveFaults();
    const traffic = new Traffic(Date.now());
    const recorder = new EventRecorder({
      events: config.SIMULATOR_KEEP_EVENTS,
      bytes: config.SIMULATOR_KEEP_BYTES,
    });
    return {
      module: SimulatorModule,
      controllers: [StatsigController, SimulatorApiController, PageController],
      providers: [
        { provide: StatsigSettings, useValue: settings },
        { provide: ActiveFaults, useValue: faults },
        { provide: Traffic, useValue: traffic },
        { provide: EventRecorder, useValue: recorder },
        {
          provide: Exchange,
          useValue: new Exchange(settings, faults, recorder, config.SIMULATOR_MAX_BODY_BYTES),
        },
        { provide: LogStream, useValue: new LogStream(recorder, faults, settings, traffic) },
        { provide: APP_FILTER, useClass: StatsigErrorFilter },
      ],
    };
  }
}
