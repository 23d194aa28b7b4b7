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

  it('read host names as a browser sends them, and reject anything else, which no request could match', () => {
    const hostsOf = (CONSOLE_HOSTS: string) => readConfig(consoleConfig, { CONSOLE_HOSTS }).CONSOLE_HOSTS;
    expect(hostsOf('console.example, Admin.Example,b\u00fccher.example')).toEqual([
      'console.example',
      'admin.example',
      'xn--bcher-kva.example',
    ]);
    for (const host of ['https://console.example', 'console.example:8443', 'console.example/x', 'a b'])
      expect(() => hostsOf(host)).toThrow(/CONSOLE_HOSTS/);
  });

  it('reject a token that could be guessed', () => {
    expect(() => readConfig(consoleConfig, { CONSOLE_TOKEN: 'short' })).toThrow(/CONSOLE_TOKEN/);
  });

  it('reject an address of traces that is not a web page, or has no place for the id', () => {
    for (const CONSOLE_TRACE_URL of ['javascript:alert({traceId})', 'https://tempo.example.com/trace/'])
      expect(() => readConfig(consoleConfig, { CONSOLE_TRACE_URL })).toThrow(/CONSOLE_TRACE_URL/);
    const CONSOLE_TRACE_URL = 'https://tempo.example.com/trace/{traceId}';
    expect(readConfig(consoleConfig, { CONSOLE_TRACE_URL })).toMatchObject({ CONSOLE_TRACE_URL });
  });
});
