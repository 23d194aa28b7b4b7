import path from 'node:path';
import getPort from 'get-port';
import { type Certificate } from '../certificate-authority';
import { dataFolder } from '../data-folder';
import { type ServerProcess, startServer } from '../process/server-process';
import { requireRedisProcess } from './ping-redis';
import { redisProgram } from './redis-program';

export interface LocalRedis extends ServerProcess {
  url: string;
  port: number;
}

export interface LocalRedisOptions {
  /** Used if it is free; otherwise any free port. */
  preferredPort?: number;
  /** Folder in which data is kept for the next start. @default a temporary folder */
  keepIn?: string;
  onProgress?: (text: string) => void;
  /** Required from clients and replicas. */
  password?: string | undefined;
  /** If given, only TLS connections are accepted, also between nodes. */
  certificate?: Certificate | undefined;
  /** Command-line arguments of redis-server. */
  settings?: string[];
}

const startTimeoutMs = 30_000;

/** Starts Redis as a local process with the settings that the pipeline needs: append-only file, no eviction. */
export async function startRedis(options: LocalRedisOptions = {}): Promise<LocalRedis> {
  const {
    preferredPort,
    keepIn,
    onProgress = () => undefined,
    password,
    certificate,
    settings = [],
  } = options;
  const program = await redisProgram(onProgress);
  const folder = await dataFolder('redis', keepIn);
  try {
    const host = '127.0.0.1';
    const port = await getPort({ host, port: preferredPort });
    const url = redisUrl(`${host}:${port}`, { password, certificate });
    const server = await startServer({
      name: 'Redis',
      command: program,
      args: [
        ...['--bind', host, '--dir', folder.path],
        ...(certificate === undefined ? ['--port', String(port)] : onlyTls(port, certificate)),
        ...(password === undefined ? [] : ['--requirepass', password, '--masterauth', password]),
        ...['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'],
        ...settings,
      ],
      cwd: folder.path,
      logFile: path.join(folder.path, 'redis.log'),
      timeoutMs: startTimeoutMs,
      checkReady: (pid) => requireRedisProcess(pid, url, certificate),
    });
    return {
      ...server,
      url,
      port,
      stop: async () => {
        await server.stop();
        await folder.done();
      },
    };
  } catch (error) {
    await folder.done();
    throw error;
  }
}

/** The URL for clients. */
export function redisUrl(
  hostAndPort: string,
  { password, certificate }: Pick<LocalRedisOptions, 'password' | 'certificate'>,
): string {
  const credentials = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  return `${certificate === undefined ? 'redis' : 'rediss'}://${credentials}${hostAndPort}`;
}

/** Arguments of redis-server. */
export function onlyTls(port: number, { certFile, keyFile, caFile }: Certificate): string[] {
  return [
    ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
    ...['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', caFile],
    ...['--tls-replication', 'yes', '--tls-cluster', 'yes'],
  ];
}
