export interface Service {
  /** Brokers as host:port, comma-separated; or a Redis URL. */
  address: string;
  /** Process id of a server that this provider started as a local process. */
  pid?: number | undefined;
  stop: () => Promise<void>;
}

/** A way to obtain a running server: from the environment, Docker or a local process. */
export interface ServiceProvider {
  name: string;
  /** Resolves when the server responds. Rejects, and cleans up, if this provider is not available here. */
  start(): Promise<Service>;
}
