import { ServiceUnavailableException } from '@nestjs/common';

export type Service = 'Redis' | 'Kafka';

const deadlineMs = 2_500;

/** Rejects with 503 after 2.5 s, however long the client of an unavailable service retries. */
export async function withinDeadline<T>(service: Service, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(unavailable(service));
  }, deadlineMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function unavailable(service: Service, cause?: unknown): ServiceUnavailableException {
  return new ServiceUnavailableException(
    `${service} does not respond. If this was a change, it may still have been made: check before you repeat it.`,
    { cause },
  );
}
