import { type GenericContainer } from 'testcontainers';
import { undertake } from '../process/keeper';
import { until } from '../process/until';
import { type Way } from '../way';
import { requireDockerEngine } from './docker-engine';

export interface Container {
  /** The container to start, with its address on this machine. */
  define: () => Promise<{ container: GenericContainer; address: string }>;
  answers: (address: string) => Promise<unknown>;
}

const startTimeoutMs = 240_000;
const answerTimeoutMs = 60_000;

/** A container of its own, by testcontainers. */
export function container({ define, answers }: Container): Way {
  return {
    name: 'Docker container',
    start: async () => {
      await requireDockerEngine();
      const { container: defined, address } = await define();
      const started = await inTime(defined.start());
      // testcontainers has a reaper for this, which can be switched off, or not be pulled.
      const undertaking = await undertake(['docker', 'rm', '--force', '--volumes', started.getId()]);
      const stop = async (): Promise<void> => {
        await started.stop({ remove: true, removeVolumes: true });
        await undertaking.release();
      };
      try {
        await until(() => answers(address), { timeoutMs: answerTimeoutMs });
        return { address, stop };
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}

async function inTime<T>(starting: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not started after ${startTimeoutMs / 1000} s (is the image still being pulled?)`));
    }, startTimeoutMs);
  });
  return Promise.race([starting, tooLate]).finally(() => {
    clearTimeout(timer);
  });
}
