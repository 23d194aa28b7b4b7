import { Controller, Get, Injectable } from '@nestjs/common';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  HealthIndicatorService,
} from '@nestjs/terminus';

/** Answers undefined when fit for work, else what is wrong, for a person to read. */
export type ReadinessCheck = () => string | undefined | Promise<string | undefined>;

/** What must be well for this process to be given work. */
@Injectable()
export class Readiness {
  readonly checks = new Map<string, ReadinessCheck>();

  require(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }
}

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly readiness: Readiness,
  ) {}

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check(
      [...this.readiness.checks].map(([name, check]) => async () => {
        const indicator = this.indicators.check(name);
        const problem = await check();
        return problem === undefined ? indicator.up() : indicator.down(problem);
      }),
    );
  }
}
