import { linkSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CannotRunError } from '../exit-codes';
import { printWithList, writableFile, writeList } from './missing-list';
import { findExportFile } from './read-export';

describe('the list of missing transactions', () => {
  let folder: string;
  const fileOf = (name: string): string => path.join(folder, name);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'missing-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('replaces the content of a file that only its owner can read, however long it is', async () => {
    const file = fileOf('missing.ndjson');
    await writableFile(file, []);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await writeList(file, ['{"n":-1}', '{"text":"\u202e"}']);
    expect(readFileSync(file, 'utf8')).toBe('{"n":-1}\n{"text":"\\u202e"}\n');
    await writeList(
      file,
      Array.from({ length: 2_500 }, (_, n) => JSON.stringify({ n })),
    );
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual([...lines.keys()]);
    await writeList(file, []);
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('and the export are in the folder in which the operator runs npm', async () => {
    writeFileSync(fileOf('export.csv'), 'rows');
    const { INIT_CWD } = process.env;
    process.env['INIT_CWD'] = folder;
    try {
      const files = [await findExportFile('export.csv')];
      expect(await writableFile('missing.ndjson', files)).toBe(fileOf('missing.ndjson'));
      await expect(writableFile('export.csv', files)).rejects.toThrow(/would replace export\.csv/);
    } finally {
      if (INIT_CWD === undefined) Reflect.deleteProperty(process.env, 'INIT_CWD');
      else process.env['INIT_CWD'] = INIT_CWD;
    }
  });

  it('stays readable only for its owner if the file is removed meanwhile', async () => {
    await writableFile(fileOf('missing.ndjson'), []);
    rmSync(fileOf('missing.ndjson'));
    await writeList(fileOf('missing.ndjson'), ['{}']);
    expect(statSync(fileOf('missing.ndjson')).mode & 0o777).toBe(0o600);
  });

  it('is called incomplete if it cannot be written', async () => {
    await expect(writeList(folder, ['{}'])).rejects.toThrow(
      /^--missing-to: .* is incomplete: EISDIR.* Nothing was sent/,
    );
    const failure = new Error('the workspace cannot be read');
    function* failing(): Generator<string> {
      yield '{}';
      throw failure;
    }
    await expect(writeList(fileOf('missing.ndjson'), failing())).rejects.toBe(failure);
  });

  it('is rejected before the comparison if it cannot be written, or would replace the export', async () => {
    await expect(writableFile(fileOf('absent/missing.ndjson'), [])).rejects.toThrow(CannotRunError);
    writeFileSync(fileOf('export.csv'), 'rows');
    symlinkSync(fileOf('export.csv'), fileOf('link.ndjson'));
    linkSync(fileOf('export.csv'), fileOf('same.ndjson'));
    for (const name of ['export.csv', 'link.ndjson', 'same.ndjson']) {
      const replaced = writableFile(fileOf(name), [await findExportFile(fileOf('export.csv'))]);
      await expect(replaced).rejects.toThrow(/would replace .* file of the export/);
    }
    expect(readFileSync(fileOf('export.csv'), 'utf8')).toBe('rows');
  });

  it.each([[[]], [['{"id":"\u0085"}']], [['{"id":"1"}', '{"id":"2"}']]])(
    'is the last member of the result as JSON: %j',
    async (lines) => {
      let printed = '';
      const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
        printed += String(chunk);
        return true;
      });
      await printWithList({ totals: { missing: lines.length } }, 'missingTransactions', lines);
      write.mockRestore();
      expect(JSON.parse(printed)).toEqual({
        totals: { missing: lines.length },
        missingTransactions: lines.map((line): unknown => JSON.parse(line)),
      });
      expect(printed).not.toMatch(/(?!\n)\p{Cc}/u);
    },
  );
});
