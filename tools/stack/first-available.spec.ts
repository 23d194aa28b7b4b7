import { firstAvailable } from './first-available';
import { type ServiceProvider } from './service-provider';

const unavailable = (name: string, reason: string): ServiceProvider => ({
  name,
  start: () => Promise.reject(new Error(reason)),
});

const available = (name: string, address: string): ServiceProvider => ({
  name,
  start: () => Promise.resolve({ address, stop: () => Promise.resolve() }),
});

describe('firstAvailable', () => {
  it('returns the first available provider and why earlier ones were not used', async () => {
    const progress: string[] = [];
    const service = await firstAvailable(
      'Kafka',
      [unavailable('Docker', 'no engine'), available('local process', 'host:1'), available('late', 'host:2')],
      (text) => progress.push(text),
    );
    expect(service.description).toBe('local process, host:1 (Docker: no engine)');
    expect(progress).toEqual(['Kafka: Docker: no engine']);
  });

  it('lists what was tried and what to install if no provider is available', async () => {
    const result = firstAvailable(
      'Redis',
      [unavailable('REDIS_URL', 'not set'), unavailable('Docker', 'no engine')],
      () => undefined,
    );
    await expect(result).rejects.toThrow(
      /REDIS_URL: not set[\s\S]*Docker: no engine[\s\S]*apt-get install redis-server/,
    );
  });
});
