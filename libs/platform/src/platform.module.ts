import { type DynamicModule, Global, Injectable, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { Logger as NestPinoLogger, LoggerModule } from 'nestjs-pino';
import { HealthController, Readiness } from './health';
import { loggedError, LOGGER, type Logger } from './logging';
import { ProblemFilter } from './problem.filter';

/** The logger of NestJS. What it logs as information, which is every module and route, is for debugging. */
@Injectable()
export class FrameworkLogger extends NestPinoLogger {
  override log(message: unknown, ...optionalParams: unknown[]): void {
    this.debug(message, ...optionalParams);
  }
}

/** Logging, health checks and error responses of every app. */
@Global()
@Module({})
export class PlatformModule {
  static with(logger: Logger): DynamicModule {
    return {
      module: PlatformModule,
      imports: [
        TerminusModule.forRoot({ logger: false }),
        LoggerModule.forRoot({
          pinoHttp: { logger, serializers: { err: loggedError }, autoLogging: false, quietReqLogger: true },
        }),
      ],
      controllers: [HealthController],
      providers: [
        { provide: LOGGER, useValue: logger },
        FrameworkLogger,
        Readiness,
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [LOGGER, Readiness],
    };
  }
}
