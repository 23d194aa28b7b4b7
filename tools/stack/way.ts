export interface Service {
  /** Brokers as host:port, comma-separated; or a Redis URL. */
  address: string;
  stop: () => Promise<void>;
}

/** One of the ways to come by a server. */
export interface Way {
  name: string;
  /** Resolves when the server answers. Rejects when this way does not serve here, with nothing left behind. */
  start(): Promise<Service>;
}
