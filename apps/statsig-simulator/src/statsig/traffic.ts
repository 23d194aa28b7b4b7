import { type Endpoint, endpoints } from './endpoints';

/** How a request ended: with an HTTP status, or with a fault instead of a response. */
export type RequestOutcome = number | 'hang' | 'reset' | 'accept-then-reset';

/** Counts requests to Statsig's endpoints by how they ended. */
export class Traffic {
  readonly #requests = new Map<Endpoint, number>();
  readonly #outcomes = new Map<RequestOutcome, number>();
  #sinceMs: number;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** When counting started; it changes with each clear. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  countRequest(endpoint: Endpoint): void {
    this.#requests.set(endpoint, (this.#requests.get(endpoint) ?? 0) + 1);
  }

  countOutcome(outcome: RequestOutcome): void {
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
  }

  clear(nowMs: number): void {
    this.#requests.clear();
    this.#outcomes.clear();
    this.#sinceMs = nowMs;
  }

  show() {
    const byEndpoint = Object.fromEntries(endpoints.map((name) => [name, this.#requests.get(name) ?? 0]));
    return {
      sinceMs: this.#sinceMs,
      requests: Object.values(byEndpoint).reduce((sum, requests) => sum + requests, 0),
      requestsByEndpoint: byEndpoint,
      responses: Object.fromEntries(this.#outcomes),
    };
  }
}
