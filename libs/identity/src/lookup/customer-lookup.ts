import { type Logger, type RedisClient } from '@app/platform';
import { type ApiAccess } from '@app/revenuecat-api';
import { observeLookup } from '../domain/observe-lookup';
import { type Observation } from '../domain/observation';
import { absentKey } from '../profile-keys';
import { LookupBudget } from './lookup-budget';
import { type RevenueCatApi, requestsPerCustomer } from './revenuecat-api';

/** The result of a lookup. `unavailable`: RevenueCat did not return the customer in time. */
export type LookupResult =
  { kind: 'found'; observation: Observation } | { kind: 'absent' } | { kind: 'unavailable' };

export interface LookupOptions {
  /** Timeout for all customers of a batch together. */
  timeoutMs: number;
  /** Time before a customer who is unknown to RevenueCat is looked up again. */
  absentMs: number;
}

/**
 * Looks up unknown customers in RevenueCat, within the budget of the project's API key.
 * Never throws for a failure of RevenueCat or the network, and never takes longer than the timeout, because events wait for it.
 */
export class CustomerLookup {
  private readonly budget: LookupBudget;

  constructor(
    private readonly redis: RedisClient,
    private readonly api: RevenueCatApi,
    private readonly options: LookupOptions,
    private readonly logger: Logger,
  ) {
    this.budget = new LookupBudget(redis);
  }

  /** @param customerIds one id of each customer, the most urgent first */
  async ask(
    projectId: string,
    access: ApiAccess,
    customerIds: readonly string[],
  ): Promise<Map<string, LookupResult>> {
    const signal = AbortSignal.timeout(this.options.timeoutMs);
    const results = await Promise.all(customerIds.map((id) => this.lookUpOne(projectId, access, id, signal)));
    return new Map(customerIds.map((id, i) => [id, results[i] ?? { kind: 'unavailable' }]));
  }

  private async lookUpOne(
    projectId: string,
    access: ApiAccess,
    id: string,
    signal: AbortSignal,
  ): Promise<LookupResult> {
    if ((await this.redis.exists(absentKey(projectId, id))) === 1) return { kind: 'absent' };
    if (!(await this.budget.take(projectId, requestsPerCustomer))) return { kind: 'unavailable' };
    const mayRequest = (): Promise<boolean> => this.budget.take(projectId, 1);
    const response = await this.api.customer(access, id, { signal, mayRequest });
    switch (response.kind) {
      case 'found':
        return {
          kind: 'found',
          observation: observeLookup(id, response.aliases, response.attributes, Date.now()),
        };
      case 'absent':
        await this.redis.set(absentKey(projectId, id), '', 'PX', this.options.absentMs);
        return { kind: 'absent' };
      case 'unavailable': {
        const { detail, pauseMs } = response;
        if (pauseMs > 0) await this.budget.pause(projectId, pauseMs);
        this.logger.warn({ projectId, detail, pauseMs }, 'failed to look up a customer in RevenueCat');
        return { kind: 'unavailable' };
      }
    }
  }
}
