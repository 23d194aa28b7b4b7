import { readConfig } from '@app/platform';
import { consoleConfig } from './console.config';

describe('the settings of the console', () => {
  it('restrict a console without a token to loopback', () => {
    expect(() => readConfig(consoleConfig, { HOST: '0.0.0.0' })).toThrow(/listens on loopback only/);
    expect(readConfig(consoleConfig, {}).HOST).toBe('127.0.0.1');
    expect(readConfig(consoleConfig, { HOST: '0.0.0.0', CONSOLE_TOKEN: 'sixteen-or-more-x' }).HOST).toBe(
      '0.0.0.0',
    );
  });

  it('reject a token that could be guessed', () => {
    expect(() => readConfig(consoleConfig, { CONSOLE_TOKEN: 'short' })).toThrow(/CONSOLE_TOKEN/);
  });
});
