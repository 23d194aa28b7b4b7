import { DeadLetterLog } from '@app/delivery';
import { unknownProject } from '@app/integrations';
import { type Logger, type LogThrottle } from '@app/platform';
import { type Readable, type Unusable } from './arrival';
import * as metrics from './mapper.metrics';
import { type Output } from './write';

/** Makes outcomes visible: as metrics and, of dead letters, in the log. */
export class OutcomeReporter {
  private readonly deadLetters: DeadLetterLog;

  constructor(logger: Logger, throttle?: LogThrottle) {
    this.deadLetters = new DeadLetterLog(logger, throttle);
  }

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
    const event = arrival.kind === 'readable' ? arrival : arrival.event;
    this.deadLetters.add({
      project,
      ...(event !== undefined && { projectId: event.projectId }),
      reason,
      eventId: event?.envelope.event.id,
      record: arrival.record,
    });
  }
}

/** Of a bounded set: a producer can put any project id into a header. */
function projectLabel(arrival: Readable | Unusable): string {
  return arrival.kind === 'readable' ? arrival.projectId : unknownProject;
}
