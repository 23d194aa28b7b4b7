import { Controller, Get, Injectable, Res, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  HealthIndicatorService,
} from '@nestjs/terminus';
import { type FastifyReply } from 'fastify';
import { ready } from './platform.metrics';

/** Returns undefined if ready, otherwise a description of the problem for the operator. */
export type ReadinessCheck = () => string | undefined | Promise<string | undefined>;

/** The checks that determine whether this process is ready. */
@Injectable()
export class Readiness {
  readonly checks = new Map<string, ReadinessCheck>();

  require(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  /** Runs the checks and exports their results as metrics. Never rejects. */
  async report(app: string): Promise<void> {
    await Promise.all(
      [...this.checks].map(async ([check, run]) => {
        const isReady = await Promise.try(run).then(
          (problem) => problem === undefined,
          () => false,
        );
        ready.set({ app, check }, isReady ? 1 : 0);
      }),
    );
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

  /** Responds with the report, also if the app is not ready: probes read it, so it is not a problem. */
  @Get('ready')
  @HealthCheck()
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    const report = await this.report();
    void reply.status(statusOf(report));
    return report;
  }

  async report(): Promise<HealthCheckResult> {
    try {
      return await this.health.check(
        [...this.readiness.checks].map(([name, check]) => async () => {
          const indicator = this.indicators.check(name);
          const problem = await check();
          return problem === undefined ? indicator.up() : indicator.down(problem);
        }),
      );
    } catch (error) {
      if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }
}

/** The HTTP status for a report. */
export function statusOf({ status }: { status: string }): 200 | 503 {
  return status === 'ok' ? 200 : 503;
}
