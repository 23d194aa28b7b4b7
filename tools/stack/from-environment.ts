import { until } from './process/until';
import { type ServiceProvider } from './service-provider';

const timeoutMs = 3_000;

/** Uses the server at the address in an environment variable. */
export function fromEnvironment(
  variable: string,
  checkReady: (address: string) => Promise<unknown>,
): ServiceProvider {
  return {
    name: variable,
    start: async () => {
      const address = process.env[variable];
      if (address === undefined || address === '') throw new Error('not set');
      try {
        await until(() => checkReady(address), { timeoutMs });
      } catch (error) {
        throw new Error(`no response from ${address}`, { cause: error });
      }
      return { address, stop: () => Promise.resolve() };
    },
  };
}
