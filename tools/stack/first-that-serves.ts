import { StackUnavailable } from './stack-unavailable';
import { type Service, type Way } from './way';

export interface Chosen extends Service {
  /** Which way, and why not the ones before it: for a person. */
  chosen: string;
}

/** Tries the ways in order. Throws {@link StackUnavailable} when none serves. */
export async function firstThatServes(
  what: 'Kafka' | 'Redis',
  ways: readonly Way[],
  onProgress: (text: string) => void,
): Promise<Chosen> {
  const refusals: string[] = [];
  for (const way of ways) {
    try {
      const service = await way.start();
      const because = refusals.length === 0 ? '' : ` (${refusals.join('; ')})`;
      return { ...service, chosen: `${way.name}, ${service.address}${because}` };
    } catch (error) {
      const refusal = `${way.name}: ${error instanceof Error ? error.message : String(error)}`;
      refusals.push(refusal);
      onProgress(`${what}: ${refusal}`);
    }
  }
  throw new StackUnavailable(what, refusals);
}
