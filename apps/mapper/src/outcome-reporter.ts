import { DeadLetterLog } from '@app/delivery';
import { unknownProject } from '@app/integrations';
import { type Logger, type LogThrottle } from '@app/platform';
import * as metrics from './mapper.metrics';
import { type InvalidRecord, type ValidRecord } from './parsed-record';
import { type Output } from './write';

/** Reports outcomes as metrics, and dead letters in the log too. */
export class OutcomeReporter {
  private readonly deadLetters: DeadLetterLog;

  constructor(logger: Logger, throttle?: LogThrottle) {
    this.deadLetters = new DeadLetterLog(logger, throttle);
  }

  report(outputs: readonly Output[]): void {
    for (const { parsed, outcomes } of outputs) {
      const project = projectLabel(parsed);
      for (const outcome of outcomes) {
        const reason = outcome.kind === 'mapped' ? '' : outcome.reason;
        metrics.outcomes.inc({ project, outcome: outcome.kind, reason });
        if (outcome.kind === 'dead_lettered') this.log(project, outcome.reason, parsed);
      }
    }
  }

  private log(project: string, reason: string, parsed: ValidRecord | InvalidRecord): void {
    const event = parsed.kind === 'valid' ? parsed : parsed.event;
    this.deadLetters.add({
      project,
      ...(event !== undefined && { projectId: event.projectId }),
      reason,
      eventId: event?.envelope.event.id,
      record: parsed.record,
    });
  }
}

/** Limits the number of labels, because a producer can put any project id into a header. */
function projectLabel(parsed: ValidRecord | InvalidRecord): string {
  return parsed.kind === 'valid' ? parsed.projectId : unknownProject;
}
