import { type Endpoint } from '../statsig/endpoints';
import { type AnswerRule, type FaultRule, type LatencyRule, type ResetRule } from './fault-rules';
import { sampleLatencyMs } from './latency';

export interface FaultedRequest {
  endpoint: Endpoint;
  key: string | undefined;
}

export interface FaultDecision {
  delayMs: number;
  fault: AnswerRule | undefined;
}

export type RuleReport = FaultRule & { acted: number; ended: boolean };

interface Armed<R extends FaultRule = FaultRule> {
  rule: R;
  acted: number;
}

/**
 * Decides what goes wrong. Rules are tried in order; of the latency rules the first that acts counts, and so of the others.
 * Time and chance are given to it, so that the same requests meet the same faults.
 */
export class FaultPlan {
  readonly #armed: readonly Armed[];
  readonly #resets: readonly Armed<ResetRule>[];
  readonly #latencies: readonly Armed<LatencyRule>[];
  readonly #answers: readonly Armed<AnswerRule>[];

  constructor(
    rules: readonly FaultRule[],
    private readonly startedAtMs: number,
    private readonly random: () => number,
  ) {
    this.#armed = rules.map((rule) => ({ rule, acted: 0 }));
    this.#resets = this.#armed.filter((armed): armed is Armed<ResetRule> => armed.rule.kind === 'reset');
    this.#latencies = this.#armed.filter(
      (armed): armed is Armed<LatencyRule> => armed.rule.kind === 'latency',
    );
    this.#answers = this.#armed.filter(
      (armed): armed is Armed<AnswerRule> => armed.rule.kind !== 'reset' && armed.rule.kind !== 'latency',
    );
  }

  /** Whether to cut the connection before the body is read. */
  cutsOnArrival(request: FaultedRequest, nowMs: number): boolean {
    return this.#firstThatActs(this.#resets, request, undefined, nowMs) !== undefined;
  }

  /** What becomes of a request that would else have succeeded. */
  decide(request: FaultedRequest, eventIds: readonly (string | undefined)[], nowMs: number): FaultDecision {
    const latency = this.#firstThatActs(this.#latencies, request, eventIds, nowMs);
    return {
      delayMs: latency === undefined ? 0 : sampleLatencyMs(latency.latency, this.random),
      fault: this.#firstThatActs(this.#answers, request, eventIds, nowMs),
    };
  }

  report(nowMs: number): RuleReport[] {
    return this.#armed.map((armed) => ({
      ...armed.rule,
      acted: armed.acted,
      ended: this.#hasEnded(armed, nowMs),
    }));
  }

  #firstThatActs<R extends FaultRule>(
    candidates: readonly Armed<R>[],
    request: FaultedRequest,
    eventIds: readonly (string | undefined)[] | undefined,
    nowMs: number,
  ): R | undefined {
    const acting = candidates.find(
      (armed) =>
        !this.#hasEnded(armed, nowMs) &&
        matches(armed.rule, request, eventIds) &&
        (armed.rule.probability === 1 || this.random() < armed.rule.probability),
    );
    if (acting !== undefined) acting.acted++;
    return acting?.rule;
  }

  #hasEnded({ rule, acted }: Armed, nowMs: number): boolean {
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
