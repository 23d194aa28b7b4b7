import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { findExportFile, readExport, type ReadRow } from './read-export';
import { exportCsv } from './test/export-csv';

describe('readExport', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'export-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function read(name: string, content: string | Uint8Array) {
    const file = path.join(folder, name);
    await writeFile(file, content);
    const found = await findExportFile(file);
    const rows: ReadRow[] = [];
    let bytes = 0;
    for await (const row of readExport(found, (count) => (bytes += count))) rows.push(row);
    return { rows, bytes };
  }

  const many = exportCsv(
    Array.from({ length: 3_000 }, (_, n) => ({
      store_transaction_id: `t${n}`,
      product_identifier: `größe_${n}`,
    })),
  );

  it.each([
    ['plain', 'a.csv', many],
    ['compressed', 'without-extension', gzipSync(many)],
    [
      'compressed in parts',
      'b.csv.gz',
      Buffer.concat([gzipSync(many.slice(0, 99)), gzipSync(many.slice(99))]),
    ],
  ])('reads a %s file', async (_form, name, content) => {
    const { rows, bytes } = await read(name, content);
    expect(rows).toHaveLength(3_000);
    expect(rows.at(-1)).toMatchObject({ transactionId: 't2999', product: 'größe_2999' });
    expect(bytes).toBe(Buffer.from(content).length);
  });

  it('names the row that is invalid', async () => {
    const { rows } = await read('bad.csv', exportCsv([{}, { start_time: '' }]));
    expect(rows[1]).toEqual({ problem: 'it has no start_time', place: 'row 3 of bad.csv' });
  });

  it('names a file that is cut off, empty, absent or Parquet', async () => {
    await expect(read('cut.csv.gz', gzipSync(many).subarray(0, -500))).rejects.toThrow(
      'cut.csv.gz cannot be read',
    );
    await expect(read('empty.csv', '')).rejects.toThrow('empty.csv is empty');
    await expect(read('a.parquet', 'PAR1')).rejects.toThrow('Select CSV');
    await expect(findExportFile(path.join(folder, 'absent'))).rejects.toThrow('cannot be read');
  });
});
