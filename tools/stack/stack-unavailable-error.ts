const remedies = {
  Kafka: [
    'start a Docker engine that can pull images, or',
    'install Java 17 or newer and Maven (Debian: apt-get install openjdk-17-jre-headless maven), or',
    'set KAFKA_BROKERS to the host:port of a running Kafka.',
  ],
  Redis: [
    'start a Docker engine that can pull images, or',
    'install redis-server (Debian: apt-get install redis-server; macOS: brew install redis), or',
    'set REDIS_URL to a running Redis, such as redis://127.0.0.1:6379.',
  ],
};

/** No provider is available; the message lists what was tried and what to install. */
export class StackUnavailableError extends Error {
  override readonly name = 'StackUnavailableError';

  constructor(what: keyof typeof remedies, failures: readonly string[]) {
    super(
      [
        `${what} is not available:`,
        ...failures.map((failure) => `  - ${failure}`),
        'To fix this:',
        ...remedies[what].map((remedy) => `  - ${remedy}`),
      ].join('\n'),
    );
  }
}
