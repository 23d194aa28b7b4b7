import { type Verdict } from '@app/delivery';
import { type Integration } from '@app/integrations';
import { isTracing, type Logger, LogThrottle } from '@app/platform';
import { classify, type StatsigClient, type StatsigEndpoint, type StatsigResponse } from '@app/statsig';
import { idsOf } from './delivery-log';
import * as metrics from './dispatcher.metrics';
import { type PendingDelivery } from './pending-delivery';
import { type RequestLimiter } from './request-limiter';
import { endRequestSpan, startRequestSpan } from './request-span';

const limiterRetryMs = 500;

export interface SendResult {
  verdict: Verdict;
  /** HTTP status, if there was a response. */
  status?: number;
}

/** Sends one project's requests to Statsig, within the project's request limit. */
export class StatsigSender {
  private readonly throttle = new LogThrottle();

  constructor(
    private readonly projectId: string,
    private readonly statsig: Pick<StatsigClient, 'sendEnvelope' | 'sendEvents' | 'endpointOf' | 'close'>,
    private readonly limiter: Pick<RequestLimiter, 'take'>,
    private readonly logger: Logger,
  ) {}

  /** Reserves one request within the limit. Returns 0, or the number of milliseconds after which to try again. */
  async takeTurn({ maxRequestsPerSecond }: Integration): Promise<number> {
    if (maxRequestsPerSecond === undefined) return 0;
    try {
      return await this.limiter.take(this.projectId, maxRequestsPerSecond);
    } catch (error) {
      this.logger.warn(
        { err: error, projectId: this.projectId },
        'failed to check the request limit; retrying',
      );
      return limiterRetryMs;
    }
  }

  /** Never rejects: every result of a request, failures included, is a verdict. */
  async send(events: readonly PendingDelivery[], serverSecret: string): Promise<SendResult> {
    const startedMs = performance.now();
    const span = isTracing() ? startRequestSpan(events, this.endpointOf(events)) : undefined;
    const response = await this.post(events, serverSecret);
    const verdict = classify(response, Date.now());
    const durationMs = performance.now() - startedMs;
    metrics.requestSeconds.observe({ project: this.projectId, verdict: verdict.kind }, durationMs / 1_000);
    if (verdict.kind === 'retry' && verdict.ambiguous)
      metrics.possibleRepeats.inc({ project: this.projectId, cause: 'response_lost' }, events.length);
    const result = { verdict, ...(response.kind === 'response' && { status: response.status }) };
    endRequestSpan(span, events, result);
    if (verdict.kind !== 'accepted') this.logFailure(events, verdict, result, durationMs);
    return result;
  }

  /**
   * Logs a failed request: one line per minute and reason if it is retried, otherwise at level debug, because its events are
   * reported as dead letters, or its integration as suspended. The detail may quote an event, so it is only in the receipts.
   */
  private logFailure(
    events: readonly PendingDelivery[],
    verdict: Exclude<Verdict, { kind: 'accepted' }>,
    { status }: SendResult,
    durationMs: number,
  ): void {
    const { kind, reason } = verdict;
    const sinceLastLine = kind === 'retry' ? this.throttle.count(reason) : undefined;
    if (sinceLastLine === undefined && !this.logger.isLevelEnabled('debug')) return;
    this.logger[sinceLastLine === undefined ? 'debug' : 'warn'](
      {
        projectId: this.projectId,
        ...idsOf(events),
        verdict: kind,
        reason,
        status,
        ...(kind === 'retry' && { isAmbiguous: verdict.ambiguous }),
        attempt: Math.max(...events.map(({ progress }) => progress.attempts)),
        durationMs: Math.round(durationMs),
        sinceLastLine,
      },
      'failed to deliver events to Statsig',
    );
  }

  close(): Promise<void> {
    return this.statsig.close();
  }

  private endpointOf([first]: readonly PendingDelivery[]): StatsigEndpoint {
    return this.statsig.endpointOf(first?.format ?? 'log_event');
  }

  private post(events: readonly PendingDelivery[], serverSecret: string): Promise<StatsigResponse> {
    const [first] = events;
    return first?.format === 'revenuecat'
      ? this.statsig.sendEnvelope(serverSecret, first.body)
      : this.statsig.sendEvents(
          serverSecret,
          events.map(({ body }) => body),
        );
  }
}
