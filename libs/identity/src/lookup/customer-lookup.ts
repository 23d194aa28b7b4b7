import { type Logger, type RedisClient } from '@app/platform';
import { observationOf } from '../domain/looked-up';
import { type Observation } from '../domain/observation';
import { absentKey } from '../profile-keys';
import { LookupBudget } from './lookup-budget';
import { type ApiAccess, type RevenueCatApi, requestsPerCustomer } from './revenuecat-api';

/** What became of the question who somebody is. `unavailable`: it could not be had in time. */
export type LookedUp =
  { kind: 'found'; observation: Observation } | { kind: 'absent' } | { kind: 'unavailable' };

export interface LookupOptions {
  /** Longest wait for all customers of a batch together. */
  timeoutMs: number;
  /** How long it is remembered that RevenueCat does not know somebody. */
  absentMs: number;
}

/**
 * Asks RevenueCat about customers of whom nothing is known, within the budget of the project's key.
 * Never throws for what RevenueCat or the network does, and never takes longer than the timeout: events do not wait.
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
  ): Promise<Map<string, LookedUp>> {
    const signal = AbortSignal.timeout(this.options.timeoutMs);
    const answers = await Promise.all(customerIds.map((id) => this.askOne(projectId, access, id, signal)));
    return new Map(customerIds.map((id, i) => [id, answers[i] ?? { kind: 'unavailable' }]));
  }

  private async askOne(
    projectId: string,
    access: ApiAccess,
    id: string,
    signal: AbortSignal,
  ): Promise<LookedUp> {
    if ((await this.redis.exists(absentKey(projectId, id))) === 1) return { kind: 'absent' };
    if (!(await this.budget.take(projectId, requestsPerCustomer))) return { kind: 'unavailable' };
    const mayAsk = (): Promise<boolean> => this.budget.take(projectId, 1);
    const answer = await this.api.customer(access, id, { signal, mayAsk });
    switch (answer.kind) {
      case 'found':
        return {
          kind: 'found',
          observation: observationOf(id, answer.aliases, answer.attributes, Date.now()),
        };
      case 'absent':
        await this.redis.set(absentKey(projectId, id), '', 'PX', this.options.absentMs);
        return { kind: 'absent' };
      case 'unavailable': {
        const { detail, pauseMs } = answer;
        if (pauseMs > 0) await this.budget.pause(projectId, pauseMs);
        this.logger.warn({ projectId, detail, pauseMs }, 'RevenueCat could not be asked about a customer');
        return { kind: 'unavailable' };
      }
    }
  }
}
