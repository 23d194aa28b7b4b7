import { isKafkaUnavailable } from '@app/kafka';
import { isRedisUnavailable, ProblemFilter } from '@app/platform';
import { type ArgumentsHost, Catch, ServiceUnavailableException } from '@nestjs/common';
import { unavailable } from './deadline';

/** Responds with 503 and the name of the service that is unavailable. */
@Catch()
export class UnavailableFilter extends ProblemFilter {
  protected override readonly nothingHere =
    'There is nothing at this URL. The pages start at /, and /api/openapi.json describes the API.';

  override catch(error: unknown, host: ArgumentsHost): void {
    super.catch(toServiceUnavailable(error) ?? error, host);
  }
}

function toServiceUnavailable(error: unknown) {
  if (isRedisUnavailable(error)) return unavailable('Redis', error);
  if (isKafkaUnavailable(error)) return unavailable('Kafka', error);
  return undefined;
}

/** Returns null if Redis or Kafka is unavailable, for data that a page can do without. */
export async function nullIfUnavailable<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ServiceUnavailableException || toServiceUnavailable(error) !== undefined)
      return null;
    throw error;
  }
}
