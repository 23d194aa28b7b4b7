import { firstThatServes } from './first-that-serves';
import { type Way } from './way';

const refusing = (name: string, reason: string): Way => ({
  name,
  start: () => Promise.reject(new Error(reason)),
});

const serving = (name: string, address: string): Way => ({
  name,
  start: () => Promise.resolve({ address, stop: () => Promise.resolve() }),
});

describe('firstThatServes', () => {
  it('says which way it chose, and why not those before it', async () => {
    const words: string[] = [];
    const chosen = await firstThatServes(
      'Kafka',
      [refusing('Docker', 'no engine'), serving('local process', 'host:1'), serving('late', 'host:2')],
      (text) => words.push(text),
    );
    expect(chosen.chosen).toBe('local process, host:1 (Docker: no engine)');
    expect(words).toEqual(['Kafka: Docker: no engine']);
  });

  it('says what was tried and what to install when no way serves', async () => {
    const failing = firstThatServes(
      'Redis',
      [refusing('REDIS_URL', 'not set'), refusing('Docker', 'no engine')],
      () => undefined,
    );
    await expect(failing).rejects.toThrow(
      /REDIS_URL: not set[\s\S]*Docker: no engine[\s\S]*apt-get install redis-server/,
    );
  });
});
