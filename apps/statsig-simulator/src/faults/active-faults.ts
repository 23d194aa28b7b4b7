import { randomInt } from 'node:crypto';
import { FaultPlan } from './fault-plan';
import { type FaultSet } from './fault-rules';
import { seededRandom } from './seeded-random';

/** The current fault set. */
export class ActiveFaults {
  #seed = 0;
  #plan = new FaultPlan([], 0, Math.random);

  get plan(): FaultPlan {
    return this.#plan;
  }

  get seed(): number {
    return this.#seed;
  }

  replace({ rules, seed = randomInt(2 ** 31) }: FaultSet, nowMs: number): void {
    this.#seed = seed;
    this.#plan = new FaultPlan(rules, nowMs, seededRandom(seed));
  }
}
