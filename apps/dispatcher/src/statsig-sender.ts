import { type Verdict } from '@app/delivery';
import { type Integration } from '@app/integrations';
import { type Logger } from '@app/platform';
import { classify, type StatsigClient, type StatsigResponse } from '@app/statsig';
import * as metrics from './dispatcher.metrics';
import { type PendingDelivery } from './pending-delivery';
import { type RequestLimiter } from './request-limiter';

const limiterRetryMs = 500;

export interface SendResult {
  verdict: Verdict;
  /** HTTP status, if there was a response. */
  status?: number;
}

/** Sends one project's requests to Statsig, within the project's request limit. */
export class StatsigSender {
  constructor(
    private readonly projectId: string,
    private readonly statsig: Pick<StatsigClient, 'sendEnvelope' | 'sendEvents' | 'close'>,
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
  async send(events: readonly PendingDelivery[], { serverSecret }: Integration): Promise<SendResult> {
    const startedMs = performance.now();
    const response = await this.post(events, serverSecret);
    const verdict = classify(response, Date.now());
    metrics.requestSeconds.observe(
      { project: this.projectId, verdict: verdict.kind },
      (performance.now() - startedMs) / 1_000,
    );
    if (verdict.kind === 'retry' && verdict.ambiguous)
      metrics.possibleRepeats.inc({ project: this.projectId, cause: 'response_lost' }, events.length);
    return { verdict, ...(response.kind === 'response' && { status: response.status }) };
  }

  close(): Promise<void> {
    return this.statsig.close();
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
