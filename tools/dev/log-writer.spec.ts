import { logWriter } from './log-writer';

describe('logWriter', () => {
  let printed: string;

  beforeEach(() => {
    printed = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('prints the name of the app, the level, the message and the fields of a log line, but no settings', () => {
    logWriter('mapper')(
      JSON.stringify({
        level: 30,
        time: '2026-01-31T12:00:00.000Z',
        name: 'mapper',
        pid: 7,
        msg: 'ready',
        port: 1,
        settings: { LOG_LEVEL: 'info' },
      }),
    );
    expect(printed).toMatch(/^.*mapper +.* \[\d\d:\d\d:\d\d\.\d{3}\] INFO: ready \{"port":1\}\n$/);
  });

  it('prints a line that is not JSON as it is', () => {
    logWriter('dispatcher')("Restarting 'apps/dispatcher/src/main.ts'");
    expect(printed).toMatch(/^.*dispatcher +.* Restarting 'apps\/dispatcher\/src\/main\.ts'\n$/);
  });

  it('names the app on every line of a stack trace', () => {
    const err = {
      type: 'Error',
      message: 'connection refused',
      stack: 'Error: connection refused\n    at connect (net.ts:1:1)',
    };
    logWriter('ingest')(JSON.stringify({ level: 50, msg: 'failed to connect', err }));
    const lines = printed.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).toContain('ingest');
  });
});
