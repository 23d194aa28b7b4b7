import { explainReason } from '@app/delivery';
import { unknownProject } from '@app/integrations';
import { type Logger, LogThrottle } from '@app/platform';
import { type Readable, type Unusable } from './arrival';
import * as metrics from './mapper.metrics';
import { type Output } from './write';

/**
 * Makes outcomes visible: as metrics, and as one log line a minute for each project and reason of dead letters. The line
 * names the latest event but has no part of it, nor of the detail, which may quote it.
 */
export class OutcomeReporter {
  constructor(
    private readonly logger: Logger,
    private readonly throttle = new LogThrottle(),
  ) {}

  report(outputs: readonly Output[]): void {
    for (const { arrival, outcomes } of outputs) {
      const project = projectLabel(arrival);
      for (const outcome of outcomes) {
        const reason = outcome.kind === 'mapped' ? '' : outcome.reason;
        metrics.outcomes.inc({ project, outcome: outcome.kind, reason });
        if (outcome.kind === 'dead_lettered') this.log(project, outcome.reason, arrival);
      }
    }
  }

  private log(project: string, reason: string, arrival: Readable | Unusable): void {
    const sinceLastLine = this.throttle.count(`${project}/${reason}`);
    if (sinceLastLine === undefined) return;
    const { topic, partition, offset } = arrival.record;
    const event = arrival.kind === 'readable' ? arrival : arrival.event;
    this.logger.warn(
      {
        projectId: event?.projectId ?? project,
        reason,
        meaning: explainReason(reason)?.meaning,
        eventId: event?.envelope.event.id,
        record: `${topic}/${partition}/${offset}`,
        sinceLastLine,
      },
      'event dead-lettered',
    );
  }
}

/** Of a bounded set: a producer can put any project id into a header. */
function projectLabel(arrival: Readable | Unusable): string {
  return arrival.kind === 'readable' ? arrival.projectId : unknownProject;
}
