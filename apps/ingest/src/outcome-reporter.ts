import { deadLetters } from '@app/delivery';
import { type RefusedWebhooks, type RefusedWebhooksStore, unknownProject } from '@app/integrations';
import { type Logger, LogThrottle } from '@app/platform';
import {
  type ConnectionProblem,
  connectionProblems,
  duration,
  lastAccepted,
  requests,
} from './ingest.metrics';
import { type IngestResult } from './ingest.stage';
import { overloaded } from './refusal';

type RefusedResult = Extract<IngestResult, { kind: 'refused' }>;

const tooManyConnections: RefusedResult = {
  ...overloaded,
  projectId: undefined,
  forOperator: 'Connections were closed because WEBHOOK_MAX_CONNECTIONS was reached.',
};

/**
 * Reports outcomes as metrics, as one log line a minute for each project and kind of refusal, and as counts in Redis, which
 * the console shows. No report contains a secret or part of a body.
 */
export class OutcomeReporter {
  private readonly pending = new Map<string, RefusedWebhooks>();
  private readonly throttle: LogThrottle;
  private timer: NodeJS.Timeout | undefined;
  private isPublishing = false;

  constructor(
    private readonly store: Pick<RefusedWebhooksStore, 'add'>,
    private readonly logger: Logger,
    private readonly now: () => number = Date.now,
  ) {
    this.throttle = new LogThrottle(now);
  }

  /** Starts to publish refusals. */
  start(intervalMs = 2_000): void {
    this.timer = setInterval(() => void this.publish(), intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  report(result: IngestResult, seconds: number): void {
    const project = result.projectId ?? unknownProject;
    requests.inc({ project, outcome: result.kind === 'accepted' ? 'accepted' : result.outcome });
    duration.observe({ project }, seconds);
    if (result.kind === 'accepted') {
      lastAccepted.set({ project }, this.now() / 1_000);
      return;
    }
    const { deadLetterReason: reason } = result;
    if (reason !== undefined) deadLetters.inc({ stage: 'ingest', project, reason });
    this.reportRefusal(project, result);
  }

  /** Counts a connection or request that Node refused before it reached a route. */
  reportConnection(cause: ConnectionProblem): void {
    connectionProblems.inc({ cause });
    if (cause === 'connection_limit') {
      this.reportRefusal(unknownProject, tooManyConnections);
      return;
    }
    const sinceLastLine = this.throttle.count(cause);
    if (sinceLastLine !== undefined)
      this.logger.info({ cause, sinceLastLine }, 'connection or request refused by Node');
  }

  private reportRefusal(projectId: string, { outcome, problem, forOperator }: RefusedResult): void {
    const detail = forOperator === undefined ? problem.detail : `${problem.detail} ${forOperator}`;
    const key = `${projectId}/${outcome}`;
    this.addPending({ projectId, outcome, count: 1, lastAtMs: this.now(), detail });

    const sinceLastLine = this.throttle.count(key);
    if (sinceLastLine !== undefined) {
      this.logger.warn({ projectId, outcome, detail, sinceLastLine }, 'webhook refused');
    }
  }

  private addPending(refused: RefusedWebhooks): void {
    const key = `${refused.projectId}/${refused.outcome}`;
    const before = this.pending.get(key);
    const latest = before !== undefined && before.lastAtMs > refused.lastAtMs ? before : refused;
    this.pending.set(key, { ...latest, count: refused.count + (before?.count ?? 0) });
  }

  /** Counts accumulate while Redis does not accept them; there is one for each project and outcome. */
  async publish(): Promise<void> {
    if (this.isPublishing) return;
    this.isPublishing = true;
    const refused = [...this.pending.values()];
    this.pending.clear();
    await Promise.all(
      refused.map((one) =>
        this.store.add(one).catch((error: unknown) => {
          this.addPending(one);
          const sinceLastLine = this.throttle.count('publish');
          if (sinceLastLine !== undefined)
            this.logger.warn({ err: error, sinceLastLine }, 'failed to publish refused webhooks; retrying');
        }),
      ),
    );
    this.isPublishing = false;
  }
}
