import { type Endpoint } from '../statsig/endpoints';
import { type ResponseRule, type FaultRule, type LatencyRule, type ResetRule } from './fault-rules';
import { sampleLatencyMs } from './latency';

export interface FaultedRequest {
  endpoint: Endpoint;
  key: string | undefined;
}

export interface FaultDecision {
  delayMs: number;
  fault: ResponseRule | undefined;
}

export type RuleReport = FaultRule & { acted: number; ended: boolean };

interface RuleState<R extends FaultRule = FaultRule> {
  rule: R;
  acted: number;
}

/**
 * Decides which faults apply to a request: the first latency rule that acts, and the first other rule that acts. Time and
 * randomness are parameters, so that the same requests get the same faults.
 */
export class FaultPlan {
  readonly #rules: readonly RuleState[];
  readonly #resets: readonly RuleState<ResetRule>[];
  readonly #latencies: readonly RuleState<LatencyRule>[];
  readonly #responses: readonly RuleState<ResponseRule>[];

  constructor(
    rules: readonly FaultRule[],
    private readonly startedAtMs: number,
    private readonly random: () => number,
  ) {
    this.#rules = rules.map((rule) => ({ rule, acted: 0 }));
    this.#resets = this.#rules.filter((state): state is RuleState<ResetRule> => state.rule.kind === 'reset');
    this.#latencies = this.#rules.filter(
      (state): state is RuleState<LatencyRule> => state.rule.kind === 'latency',
    );
    this.#responses = this.#rules.filter(
      (state): state is RuleState<ResponseRule> =>
        state.rule.kind !== 'reset' && state.rule.kind !== 'latency',
    );
  }

  /** Whether to cut the connection before the body is read. */
  cutsOnArrival(request: FaultedRequest, nowMs: number): boolean {
    return this.#firstThatActs(this.#resets, request, undefined, nowMs) !== undefined;
  }

  /** Decides the faults of a request that would otherwise succeed. */
  decide(request: FaultedRequest, eventIds: readonly (string | undefined)[], nowMs: number): FaultDecision {
    const latency = this.#firstThatActs(this.#latencies, request, eventIds, nowMs);
    return {
      delayMs: latency === undefined ? 0 : sampleLatencyMs(latency.latency, this.random),
      fault: this.#firstThatActs(this.#responses, request, eventIds, nowMs),
    };
  }

  report(nowMs: number): RuleReport[] {
    return this.#rules.map((state) => ({
      ...state.rule,
      acted: state.acted,
      ended: this.#hasEnded(state, nowMs),
    }));
  }

  #firstThatActs<R extends FaultRule>(
    candidates: readonly RuleState<R>[],
    request: FaultedRequest,
    eventIds: readonly (string | undefined)[] | undefined,
    nowMs: number,
  ): R | undefined {
    const acting = candidates.find(
      (state) =>
        !this.#hasEnded(state, nowMs) &&
        matches(state.rule, request, eventIds) &&
        (state.rule.probability === 1 || this.random() < state.rule.probability),
    );
    if (acting !== undefined) acting.acted++;
    return acting?.rule;
  }

  #hasEnded({ rule, acted }: RuleState, nowMs: number): boolean {
    return (
      (rule.times !== undefined && acted >= rule.times) ||
      (rule.forMs !== undefined && nowMs - this.startedAtMs >= rule.forMs)
    );
  }
}

function matches(
  { match }: FaultRule,
  request: FaultedRequest,
  eventIds: readonly (string | undefined)[] | undefined,
): boolean {
  return (
    (match.endpoint === undefined || match.endpoint === request.endpoint) &&
    (match.key === undefined || match.key === request.key) &&
    (match.eventId === undefined || eventIds?.includes(match.eventId) === true)
  );
}
