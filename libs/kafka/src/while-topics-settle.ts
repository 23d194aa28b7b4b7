import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';

/**
 * A topic that has just been made is not known to every broker at once; kafkajs says of such errors that they are worth
 * another try, and gives up all the same.
 */
export const whileTopicsSettle = retry(
  handleWhen((error) => (error as { retriable?: unknown }).retriable === true),
  { maxAttempts: 12, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 2_000 }) },
);
