import { ServiceUnavailableException } from '@nestjs/common';

const deadlineMs = 2_000;

/** Commands wait while Redis is unavailable. An operator is not kept waiting: after two seconds this rejects with 503. */
export async function withinRedisDeadline<T>(work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new ServiceUnavailableException('Redis does not respond. Try again when it is available.'));
  }, deadlineMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
