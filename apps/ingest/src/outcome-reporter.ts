import { deadLetters } from '@app/delivery';
import { type RejectedWebhooks, type RejectedWebhooksStore, unknownProject } from '@app/integrations';
import { type Logger, LogThrottle, type TraceableHeaders, traceIdOf } from '@app/platform';
import {
  type ConnectionProblem,
  connectionProblems,
  duration,
  lastAccepted,
  requests,
} from './ingest.metrics';
import { type IngestResult } from './ingest.stage';
import { overloaded } from './rejection';

type RejectedResult = Extract<IngestResult, { kind: 'rejected' }>;

const tooManyConnections: RejectedResult = {
  ...overloaded,
  projectId: undefined,
  forOperator: 'Connections were closed because WEBHOOK_MAX_CONNECTIONS was reached.',
};

/**
 * Reports outcomes as metrics, as log lines (one warning a minute for each project and kind of rejection), and as counts in
 * Redis, which the console shows. No report contains a secret or part of a body, apart from the event id.
 */
export class OutcomeReporter {
  private readonly pending = new Map<string, RejectedWebhooks>();
  private readonly throttle: LogThrottle;
  private timer: NodeJS.Timeout | undefined;
  private isPublishing = false;

  constructor(
    private readonly store: Pick<RejectedWebhooksStore, 'add'>,
    private readonly logger: Logger,
    private readonly now: () => number = Date.now,
  ) {
    this.throttle = new LogThrottle(now);
  }

  /** Starts to publish rejections. */
  start(intervalMs = 2_000): void {
    this.timer = setInterval(() => void this.publish(), intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** @param headers the headers that continue its trace */
  report(result: IngestResult, seconds: number, headers: TraceableHeaders = {}): void {
    const project = result.projectId ?? unknownProject;
    requests.inc({ project, outcome: result.kind === 'accepted' ? 'accepted' : result.outcome });
    duration.observe({ project }, seconds);
    if (result.kind === 'accepted') {
      lastAccepted.set({ project }, this.now() / 1_000);
      this.logAccepted(result, seconds, headers);
      return;
    }
    const { deadLetterReason: reason } = result;
    if (reason !== undefined) deadLetters.inc({ stage: 'ingest', project, reason });
    this.reportRejection(project, result, traceIdOf(headers));
  }

  private logAccepted(
    { projectId, eventId, type }: Extract<IngestResult, { kind: 'accepted' }>,
    seconds: number,
    headers: TraceableHeaders,
  ): void {
    if (!this.logger.isLevelEnabled('debug')) return;
    const durationMs = Math.round(seconds * 1_000);
    this.logger.debug(
      { projectId, eventId, type, durationMs, trace_id: traceIdOf(headers) },
      'webhook accepted',
    );
  }

  /** Counts a connection or request that Node rejected before it reached a route. */
  reportConnection(cause: ConnectionProblem): void {
    connectionProblems.inc({ cause });
    if (cause === 'connection_limit') {
      this.reportRejection(unknownProject, tooManyConnections);
      return;
    }
    const sinceLastLine = this.throttle.count(cause);
    if (sinceLastLine !== undefined)
      this.logger.info({ cause, sinceLastLine }, 'connection or request rejected by Node');
  }

  private reportRejection(
    projectId: string,
    { outcome, eventId, problem, forOperator }: RejectedResult,
    traceId?: string,
  ): void {
    const detail = forOperator === undefined ? problem.detail : `${problem.detail} ${forOperator}`;
    const key = `${projectId}/${outcome}`;
    this.addPending({ projectId, outcome, count: 1, lastAtMs: this.now(), detail });

    const sinceLastLine = this.throttle.count(key);
    const fields = { projectId, outcome, eventId, detail, trace_id: traceId };
    if (sinceLastLine === undefined) this.logger.debug(fields, 'webhook rejected');
    else this.logger.warn({ ...fields, sinceLastLine }, 'webhook rejected');
  }

  private addPending(rejected: RejectedWebhooks): void {
    const key = `${rejected.projectId}/${rejected.outcome}`;
    const before = this.pending.get(key);
    const latest = before !== undefined && before.lastAtMs > rejected.lastAtMs ? before : rejected;
    this.pending.set(key, { ...latest, count: rejected.count + (before?.count ?? 0) });
  }

  /** Counts accumulate while Redis does not accept them; there is one for each project and outcome. */
  async publish(): Promise<void> {
    if (this.isPublishing) return;
    this.isPublishing = true;
    const rejected = [...this.pending.values()];
    this.pending.clear();
    await Promise.all(
      rejected.map((one) =>
        this.store.add(one).catch((error: unknown) => {
          this.addPending(one);
          const sinceLastLine = this.throttle.count('publish');
          if (sinceLastLine !== undefined)
            this.logger.warn({ err: error, sinceLastLine }, 'failed to publish rejected webhooks; retrying');
        }),
      ),
    );
    this.isPublishing = false;
  }
}
