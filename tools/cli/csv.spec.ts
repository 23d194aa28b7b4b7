import { Readable } from 'node:stream';
import fc from 'fast-check';
import { csvRows } from './csv';

async function rowsOf(text: string, pieceLength = 1_000): Promise<string[][]> {
  const pieces = text.match(new RegExp(`[^]{1,${pieceLength}}`, 'g')) ?? [];
  const rows: string[][] = [];
  for await (const row of csvRows(Readable.from(pieces))) rows.push(row);
  return rows;
}

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

describe('csvRows', () => {
  it('reads what was written, in pieces of any length', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', ' ', 'ü', '{') });
    const table = fc
      .integer({ min: 2, max: 4 })
      .chain((columns) => fc.array(fc.array(cell, { minLength: columns, maxLength: columns })));
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 7 }), fc.boolean(), async (rows, length, crlf) => {
        const header = ['a', 'b'];
        const text = [header, ...rows].map((row) => row.map(quoted).join(',')).join(crlf ? '\r\n' : '\n');
        expect(await rowsOf(text, length)).toEqual([header, ...rows]);
      }),
    );
  });

  it.each([1, 2, 3, 1_000])('reads plain cells and empty ones in pieces of %d characters', async (length) => {
    expect(await rowsOf('\uFEFFid,b,c\r\n1,,x"y\r\n\r\n,"",\n2,3,', length)).toEqual([
      ['id', 'b', 'c'],
      ['1', '', 'x"y'],
      ['', '', ''],
      ['2', '3', ''],
    ]);
  });

  it.each([
    ['doubled', '"{""$ip"": ""1, 2"", ""said"": ""\\""hi\\"", ok""}"'],
    ['escaped', '"{\\"$ip\\": \\"1, 2\\", \\"said\\": \\"\\\\\\"hi\\\\\\", ok\\"}"'],
  ])('reads JSON with %s quotes', async (_form, cell) => {
    for (const length of [1, 5, 1_000]) {
      expect(await rowsOf(`id,attributes,last\n1,${cell},z\n`, length)).toEqual([
        ['id', 'attributes', 'last'],
        ['1', '{"$ip": "1, 2", "said": "\\"hi\\", ok"}', 'z'],
      ]);
    }
  });

  it('reads JSON with quotes that are not escaped, and semicolons as delimiters', async () => {
    expect(await rowsOf('id;attributes;last\n1;"{"a": "1, 2"}";z\n')).toEqual([
      ['id', 'attributes', 'last'],
      ['1', '{"a": "1, 2"}', 'z'],
    ]);
  });
});
