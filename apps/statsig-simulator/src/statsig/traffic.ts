import { type Endpoint, endpoints } from './endpoints';

/** How a request ended: with an HTTP status, or with a fault instead of a response. */
export type Ending = number | 'hang' | 'reset' | 'accept-then-reset';

/** Counts requests to Statsig's endpoints by how they ended. */
export class Traffic {
  readonly #requests = new Map<Endpoint, number>();
  readonly #endings = new Map<Ending, number>();
  #sinceMs: number;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** When counting started; it changes with each clear. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  arrived(endpoint: Endpoint): void {
    this.#requests.set(endpoint, (this.#requests.get(endpoint) ?? 0) + 1);
  }

  ended(ending: Ending): void {
    this.#endings.set(ending, (this.#endings.get(ending) ?? 0) + 1);
  }

  clear(nowMs: number): void {
    this.#requests.clear();
    this.#endings.clear();
    this.#sinceMs = nowMs;
  }

  show() {
    const byEndpoint = Object.fromEntries(endpoints.map((name) => [name, this.#requests.get(name) ?? 0]));
    return {
      sinceMs: this.#sinceMs,
      requests: Object.values(byEndpoint).reduce((sum, requests) => sum + requests, 0),
      requestsByEndpoint: byEndpoint,
      answers: Object.fromEntries(this.#endings),
    };
  }
}
