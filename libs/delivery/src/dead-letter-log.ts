import { type Logger, LogThrottle, traceIdOf } from '@app/platform';
import { type Span } from '@opentelemetry/api';
import { deadLetters } from './delivery.metrics';
import { explainReason } from './domain/reasons';

interface DeadLetterEntry {
  /** From a bounded set, unlike `projectId`, which may come from a header. */
  project: string;
  projectId?: string;
  reason: string;
  eventId: string | undefined;
  record: {
    topic: string;
    partition: number;
    offset: number;
    headers: Readonly<Record<string, string>>;
    span?: Span | undefined;
  };
}

/**
 * Counts dead letters, and logs them: one line per minute for each project and reason, with the id of the latest event, and
 * the others at level debug. A line leaves out the event itself, and the detail and the response, which may quote the event.
 */
export class DeadLetterLog {
  constructor(
    private readonly stage: 'mapper' | 'dispatcher',
    private readonly logger: Logger,
    private readonly throttle = new LogThrottle(),
  ) {}

  add({ project, projectId = project, reason, eventId, record }: DeadLetterEntry): void {
    deadLetters.inc({ stage: this.stage, project, reason });
    const sinceLastLine = this.throttle.count(`${project}/${reason}`);
    if (sinceLastLine === undefined && !this.logger.isLevelEnabled('debug')) return;
    const { topic, partition, offset, headers, span } = record;
    this.logger[sinceLastLine === undefined ? 'debug' : 'warn'](
      {
        projectId,
        reason,
        meaning: explainReason(reason)?.meaning,
        eventId,
        record: `${topic}/${partition}/${offset}`,
        sinceLastLine,
        trace_id: traceIdOf(headers, span),
      },
      'event dead-lettered',
    );
  }
}
