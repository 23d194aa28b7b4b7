import { type GenericContainer } from 'testcontainers';
import { runOnExit } from '../process/supervisor-client';
import { until } from '../process/until';
import { type ServiceProvider } from '../service-provider';
import { requireDockerEngine } from './docker-engine';

export interface Container {
  /** Returns the container to start and its address on this machine. */
  define: () => Promise<{ container: GenericContainer; address: string }>;
  checkReady: (address: string) => Promise<unknown>;
}

const startTimeoutMs = 240_000;
const readyTimeoutMs = 60_000;

/** Starts a container with testcontainers. */
export function container({ define, checkReady }: Container): ServiceProvider {
  return {
    name: 'Docker container',
    start: async () => {
      await requireDockerEngine();
      const { container: defined, address } = await define();
      const started = await withTimeout(defined.start());
      // The reaper of testcontainers may be switched off, or its image unavailable.
      const onExit = await runOnExit(['docker', 'rm', '--force', '--volumes', started.getId()]);
      const stop = async (): Promise<void> => {
        await started.stop({ remove: true, removeVolumes: true });
        await onExit.cancel();
      };
      try {
        await until(() => checkReady(address), { timeoutMs: readyTimeoutMs });
        return { address, stop };
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}

async function withTimeout<T>(starting: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not started after ${startTimeoutMs / 1000} s (the image may still be pulling)`));
    }, startTimeoutMs);
  });
  return Promise.race([starting, timeout]).finally(() => {
    clearTimeout(timer);
  });
}
