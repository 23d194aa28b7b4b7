import { DeadLetterLog } from '@app/delivery';
import { unknownProject } from '@app/integrations';
import { type Logger, type LogThrottle, spanAttributes as attributes, traceIdOf } from '@app/platform';
import * as metrics from './mapper.metrics';
import { type MappingOutcome } from './outgoing-records';
import { type InvalidRecord, type ReceivedEvent, type ValidRecord } from './parsed-record';
import { type Output } from './write';

type ParsedEvent = ValidRecord | InvalidRecord;

interface OutcomeLabels {
  project: string;
  outcome: string;
  reason: string;
}

/** Reports outcomes as metrics, in spans and in the log: dead letters, and every event at level debug. */
export class OutcomeReporter {
  private readonly deadLetters: DeadLetterLog;

  constructor(
    private readonly logger: Logger,
    throttle?: LogThrottle,
  ) {
    this.deadLetters = new DeadLetterLog('mapper', logger, throttle);
  }

  report(outputs: readonly Output[]): void {
    const isDebug = this.logger.isLevelEnabled('debug');
    const counts = new Map<string, { labels: OutcomeLabels; count: number }>();
    for (const { parsed, outcomes } of outputs) {
      const project = projectLabel(parsed);
      addToSpan(parsed, outcomes);
      if (isDebug) this.logMapped(parsed, outcomes);
      for (const outcome of outcomes) {
        const reason = outcome.kind === 'mapped' ? '' : outcome.reason;
        const key = `${project} ${outcome.kind} ${reason}`;
        const counted = counts.get(key);
        if (counted === undefined)
          counts.set(key, { labels: { project, outcome: outcome.kind, reason }, count: 1 });
        else counted.count += 1;
        if (outcome.kind === 'dead_lettered') this.logDeadLetter(project, outcome.reason, parsed);
      }
    }
    for (const { labels, count } of counts.values()) metrics.outcomes.inc(labels, count);
  }

  private logMapped(parsed: ParsedEvent, outcomes: readonly MappingOutcome[]): void {
    const { record } = parsed;
    const event = eventOf(parsed);
    this.logger.debug(
      {
        projectId: event?.projectId,
        eventId: event?.envelope.event.id,
        record: `${record.topic}/${record.partition}/${record.offset}`,
        outcomes: outcomes.map(({ kind }) => kind),
        reasons: reasonsIn(outcomes),
        trace_id: traceIdOf(record.headers, record.span),
      },
      'event mapped',
    );
  }

  private logDeadLetter(project: string, reason: string, parsed: ParsedEvent): void {
    const event = eventOf(parsed);
    this.deadLetters.add({
      project,
      ...(event !== undefined && { projectId: event.projectId }),
      reason,
      eventId: event?.envelope.event.id,
      record: parsed.record,
    });
  }
}

function addToSpan(parsed: ParsedEvent, outcomes: readonly MappingOutcome[]): void {
  const { span } = parsed.record;
  if (span === undefined) return;
  const event = eventOf(parsed);
  if (event !== undefined) {
    span.setAttributes({
      [attributes.eventId]: event.envelope.event.id,
      [attributes.eventType]: event.envelope.event.type,
      [attributes.projectId]: event.projectId,
    });
  }
  span.setAttributes({
    [attributes.outcome]: outcomes.map(({ kind }) => kind),
    [attributes.reason]: reasonsIn(outcomes),
  });
}

function eventOf(parsed: ParsedEvent): ReceivedEvent | undefined {
  return parsed.kind === 'valid' ? parsed : parsed.event;
}

function reasonsIn(outcomes: readonly MappingOutcome[]): string[] {
  return outcomes.flatMap((outcome) => (outcome.kind === 'mapped' ? [] : [outcome.reason]));
}

/** Limits the number of labels, because a producer can put any project id into a header. */
function projectLabel(parsed: ParsedEvent): string {
  return parsed.kind === 'valid' ? parsed.projectId : unknownProject;
}
