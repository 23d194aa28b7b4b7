import { explainWebhookRejection } from '@app/delivery';
import { type RejectedWebhooks, RejectedWebhooksStore } from '@app/integrations';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type FlowCounts, type Overview, overviewView } from '../../api/overview';
import { DeadLetters } from '../dead-letters/dead-letters';
import { ApiResponses, RequiresSignIn } from '../http/api-responses';
import { withinDeadline } from '../http/deadline';
import { nullIfUnavailable } from '../http/unavailable.filter';
import { IntegrationDirectory } from '../integrations/integration-directory';
import { ReadModel } from '../read-model/read-model';
import { Backlog, unknownBacklog } from './backlog';
import { FlowOverTime, nothing } from './flow-over-time';

const minute = 60_000;
const ranges = {
  '15m': 15 * minute,
  '1h': 60 * minute,
  '6h': 360 * minute,
  '24h': 1_440 * minute,
  '7d': 10_080 * minute,
};
const rangeNames = ['15m', '1h', '6h', '24h', '7d'] as const satisfies readonly (keyof typeof ranges)[];

const overviewQuery = z.object({ range: z.enum(rangeNames).default('15m') });

@ApiTags('overview')
@RequiresSignIn()
@Controller('api/overview')
export class OverviewController {
  constructor(
    private readonly flow: FlowOverTime,
    private readonly backlog: Backlog,
    private readonly deadLetters: DeadLetters,
    private readonly integrations: IntegrationDirectory,
    private readonly rejected: RejectedWebhooksStore,
    private readonly model: ReadModel,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Show counts, latencies, backlogs, and the state of each integration' })
  @ApiResponses({ description: 'The figures of a time range that ends now', schema: overviewView }, [400])
  async show(@Query({ schema: overviewQuery }) { range }: z.output<typeof overviewQuery>): Promise<Overview> {
    const nowMs = Date.now();
    const flow = this.flow.flow(ranges[range], nowMs);
    const [figures, integrations, rejectedWebhooks] = await Promise.all([
      nullIfUnavailable(withinDeadline('Kafka', this.backlog.figures(nowMs))),
      nullIfUnavailable(this.integrations.list()),
      nullIfUnavailable(withinDeadline('Redis', this.rejected.list(nowMs))),
    ]);
    const backlog = figures ?? unknownBacklog;
    return {
      nowMs,
      flow,
      totals: flow.reduce(sum, nothing),
      latency: this.flow.latency(ranges[range], nowMs),
      backlog: backlog.stages,
      openDeadLetters: this.deadLetters.openCount,
      integrations:
        integrations?.map(({ projectId, health }) => ({
          projectId,
          health,
          waiting: backlog.byProject.get(projectId) ?? null,
        })) ?? null,
      rejectedWebhooks: rejectedWebhooks?.map(explained) ?? null,
      skippedRecords: this.model.skipped.list(),
    };
  }
}

function explained(rejected: RejectedWebhooks): NonNullable<Overview['rejectedWebhooks']>[number] {
  const found = explainWebhookRejection(rejected.outcome);
  return {
    ...rejected,
    title: found?.title ?? rejected.outcome,
    explanation: found === undefined ? null : { meaning: found.meaning, remedy: found.remedy },
  };
}

function sum(a: FlowCounts, b: FlowCounts): FlowCounts {
  return {
    received: a.received + b.received,
    delivered: a.delivered + b.delivered,
    duplicate: a.duplicate + b.duplicate,
    filtered: a.filtered + b.filtered,
    retrying: a.retrying + b.retrying,
    dead_lettered: a.dead_lettered + b.dead_lettered,
  };
}
