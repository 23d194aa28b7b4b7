import { StackUnavailableError } from './stack-unavailable-error';
import { type Service, type ServiceProvider } from './service-provider';

export interface SelectedService extends Service {
  /** The provider used, and why earlier ones were not; shown to the user. */
  description: string;
}

/** Starts the first available provider. Throws {@link StackUnavailableError} if there is none. */
export async function firstAvailable(
  what: 'Kafka' | 'Redis',
  providers: readonly ServiceProvider[],
  onProgress: (text: string) => void,
): Promise<SelectedService> {
  const failures: string[] = [];
  for (const provider of providers) {
    try {
      const service = await provider.start();
      const reasons = failures.length === 0 ? '' : ` (${failures.join('; ')})`;
      return { ...service, description: `${provider.name}, ${service.address}${reasons}` };
    } catch (error) {
      const failure = `${provider.name}: ${error instanceof Error ? error.message : String(error)}`;
      failures.push(failure);
      onProgress(`${what}: ${failure}`);
    }
  }
  throw new StackUnavailableError(what, failures);
}
