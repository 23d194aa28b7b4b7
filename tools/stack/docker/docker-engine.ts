import { runCommand } from '../process/run-command';

const timeoutMs = 30_000;

/** Throws if the Docker engine is not reachable. */
export async function requireDockerEngine(): Promise<void> {
  try {
    await runCommand('docker', ['info', '--format', '{{.ServerVersion}}'], { timeoutMs });
  } catch (error) {
    throw new Error('the Docker engine is not reachable', { cause: error });
  }
}

/** Returns `docker compose`, or `docker-compose` if only that is installed. */
export async function composeCommand(): Promise<[string, ...string[]]> {
  const candidates: [string, ...string[]][] = [['docker', 'compose'], ['docker-compose']];
  for (const candidate of candidates) {
    const [command, ...args] = candidate;
    const works = await runCommand(command, [...args, 'version'], { timeoutMs }).then(
      () => true,
      () => false,
    );
    if (works) return candidate;
  }
  throw new Error('neither `docker compose` nor `docker-compose` is installed');
}
