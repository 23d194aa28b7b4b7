import { DeadLetterLog } from '@app/delivery';
import { unknownProject } from '@app/integrations';
import { type Logger, type LogThrottle } from '@app/platform';
import * as metrics from './mapper.metrics';
import { type InvalidRecord, type ValidRecord } from './parsed-record';
import { type Output } from './write';

interface OutcomeLabels {
  project: string;
  outcome: string;
  reason: string;
}

/** Reports outcomes as metrics, and dead letters in the log too. */
export class OutcomeReporter {
  private readonly deadLetters: DeadLetterLog;

  constructor(logger: Logger, throttle?: LogThrottle) {
    this.deadLetters = new DeadLetterLog('mapper', logger, throttle);
  }

  report(outputs: readonly Output[]): void {
    const counts = new Map<string, { labels: OutcomeLabels; count: number }>();
    for (const { parsed, outcomes } of outputs) {
      const project = projectLabel(parsed);
      for (const outcome of outcomes) {
        const reason = outcome.kind === 'mapped' ? '' : outcome.reason;
        const key = `${project} ${outcome.kind} ${reason}`;
        const counted = counts.get(key);
        if (counted === undefined)
          counts.set(key, { labels: { project, outcome: outcome.kind, reason }, count: 1 });
        else counted.count += 1;
        if (outcome.kind === 'dead_lettered') this.log(project, outcome.reason, parsed);
      }
    }
    for (const { labels, count } of counts.values()) metrics.outcomes.inc(labels, count);
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
