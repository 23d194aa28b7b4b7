import getPort from 'get-port';
import { pingRedis } from '../redis/ping-redis';
import { type ServiceProvider } from '../service-provider';
import { container } from './container';
import { images } from './images';

export function redisContainer(): ServiceProvider {
  return container({
    checkReady: pingRedis,
    define: async () => {
      const { GenericContainer } = await import('testcontainers');
      const port = await getPort({ host: '127.0.0.1' });
      return {
        address: `redis://127.0.0.1:${port}`,
        container: new GenericContainer(images.redis)
          .withExposedPorts({ container: 6379, host: port })
          .withCommand(['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction']),
      };
    },
  });
}
