import { PassThrough } from 'node:stream';
import { print, tableText, writeText } from './output';

const clearScreen = '\u001b[2J';
const hostile = [clearScreen, '\u0000', '\r', '\b', '\u007f', '\u009b2J', '\u061c', '\u202e', '\u2066'];
const anyControl = /(?!\n)[\p{Cc}\p{Bidi_Control}]/u;

describe('the output of the command line', () => {
  let printed: string;

  beforeEach(() => {
    printed = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });

  afterEach(() => jest.restoreAllMocks());

  it.each(hostile)('escapes %j in text', (text) => {
    print({}, undefined, `first\n${text}`);
    expect(printed).not.toMatch(anyControl);
    expect(printed).toMatch(/^first\n\\u[0-9a-f]{4}/);
  });

  it.each(hostile)('escapes %j in JSON, which keeps its value', (text) => {
    print({ eventId: text }, true, '');
    expect(printed).not.toMatch(anyControl);
    expect(JSON.parse(printed)).toEqual({ eventId: text });
  });

  it('escapes them in errors too', () => {
    const stream = new PassThrough();
    writeText(stream, `Statsig responded with ${clearScreen}`);
    expect(String(stream.read())).toBe('Statsig responded with \\u001b[2J\n');
  });

  it('keeps the lines, the tabs and the letters of every language', () => {
    print({}, undefined, 'a\tb\nmañana 日本 👩‍👩‍👧');
    expect(printed).toBe('a\tb\nmañana 日本 👩‍👩‍👧\n');
  });

  it('keeps the rows of a table, whatever its cells contain', () => {
    const table = tableText(['event', 'reason'], [['e1\n│ forged │', clearScreen]]);
    expect(table.split('\n')).toHaveLength(5);
    expect(table).toContain('│ e1\\u000a│ forged │ │ \\u001b[2J │');
    expect(table).not.toMatch(anyControl);
  });
});
