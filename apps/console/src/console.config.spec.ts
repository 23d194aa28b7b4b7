import { readConfig } from '@app/platform';
import { consoleConfig } from './console.config';

describe('the console’s settings', () => {
  it('keep a console without a token on this machine', () => {
    expect(() => readConfig(consoleConfig, { HOST: '0.0.0.0' })).toThrow(/listens on loopback only/);
    expect(readConfig(consoleConfig, {}).HOST).toBe('127.0.0.1');
    expect(readConfig(consoleConfig, { HOST: '0.0.0.0', CONSOLE_TOKEN: 'sixteen-or-more-x' }).HOST).toBe(
      '0.0.0.0',
    );
  });

  it('take no token that could be guessed', () => {
    expect(() => readConfig(consoleConfig, { CONSOLE_TOKEN: 'short' })).toThrow(/CONSOLE_TOKEN/);
  });
});
