import { until } from './process/until';
import { type Way } from './way';

const timeoutMs = 3_000;

/** The address that an environment variable gives, if a server answers there. */
export function fromEnvironment(variable: string, answers: (address: string) => Promise<unknown>): Way {
  return {
    name: variable,
    start: async () => {
      const address = process.env[variable];
      if (address === undefined || address === '') throw new Error('not set');
      try {
        await until(() => answers(address), { timeoutMs });
      } catch (error) {
        throw new Error(`nothing answers at ${address}`, { cause: error });
      }
      return { address, stop: () => Promise.resolve() };
    },
  };
}
