import { type Logger, LogThrottle } from '@app/platform';
import { deadLetters } from './delivery.metrics';
import { explainReason } from './domain/reasons';

interface DeadLetterEntry {
  /** From a bounded set, unlike `projectId`, which may come from a header. */
  project: string;
  projectId?: string;
  reason: string;
  eventId: string | undefined;
  record: { topic: string; partition: number; offset: number };
}

/**
 * Counts dead letters, and logs one line per minute for each project and reason. The line has the id of the latest event. It
 * leaves out the event itself, and the detail and the response, which may quote the event.
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
    if (sinceLastLine === undefined) return;
    const { topic, partition, offset } = record;
    this.logger.warn(
      {
        projectId,
        reason,
        meaning: explainReason(reason)?.meaning,
        eventId,
        record: `${topic}/${partition}/${offset}`,
        sinceLastLine,
      },
      'event dead-lettered',
    );
  }
}
