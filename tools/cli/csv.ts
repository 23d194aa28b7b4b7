/** Limits the memory if a quote is not closed. */
const maxRowLength = 16 * 1024 * 1024;

/**
 * Reads CSV (RFC 4180) row by row. Skips a byte order mark and empty lines. The delimiter is a semicolon if the first line
 * contains semicolons and no comma. Throws if a quote is not closed.
 *
 * RevenueCat's exports quote the JSON in their cells differently in each version
 * (https://www.revenuecat.com/docs/integrations/scheduled-data-exports/data-export-version-6). Libraries read one of these
 * forms and fail for the others, so this reader accepts all: `""` or `\"` for a quote, whichever the file uses first, and
 * quotes that are not escaped, unless a delimiter or the end of the line follows.
 */
export async function* csvRows(input: AsyncIterable<string>): AsyncGenerator<string[]> {
  const reader = new RowReader();
  for await (const chunk of input) yield* reader.read(chunk);
  yield* reader.end();
}

class RowReader {
  /** The part of the input that is not read, and the position in it. */
  private text = '';
  private at = 0;
  private isEnd = false;
  private delimiter: string | undefined;
  private escape: '"' | '\\' | undefined;
  private row = 1;

  *read(chunk: string): Generator<string[]> {
    this.text = this.text.slice(this.at) + chunk;
    this.at = 0;
    if (this.delimiter === undefined) {
      this.text = this.text.replace(/^\uFEFF/, '');
      if (!this.isEnd && !this.text.includes('\n')) return;
      this.delimiter = delimiterOf(this.text);
    }
    while (this.at < this.text.length) {
      const cells = this.nextRow(this.delimiter);
      if (cells === undefined) break;
      this.row += 1;
      if (cells.length > 1 || cells[0] !== '') yield cells;
    }
    if (this.text.length - this.at > maxRowLength) throw this.unclosed();
  }

  *end(): Generator<string[]> {
    this.isEnd = true;
    yield* this.read('');
    if (this.at < this.text.length) throw this.unclosed();
  }

  /** Moves behind the next row and returns its cells; undefined if the rest of it is not read yet. */
  private nextRow(delimiter: string): string[] | undefined {
    const { text } = this;
    const cells: string[] = [];
    let newline = -1;
    for (let at = this.at; ;) {
      let end: number;
      if (text[at] === '"') {
        const quote = this.closingQuote(at + 1, delimiter);
        if (quote === undefined) return undefined;
        cells.push(this.unescape(text.slice(at + 1, quote)));
        end = text[quote + 1] === '\r' ? quote + 2 : quote + 1;
      } else {
        if (newline < at) newline = this.endOfLine(at);
        const next = text.indexOf(delimiter, at);
        end = next === -1 ? newline : Math.min(next, newline);
        cells.push(text.slice(at, end === newline && text[end - 1] === '\r' ? Math.max(at, end - 1) : end));
      }
      if (end >= text.length && !this.isEnd) return undefined;
      at = end + 1;
      if (text[end] === delimiter) continue;
      this.at = Math.min(at, text.length);
      return cells;
    }
  }

  private endOfLine(from: number): number {
    const newline = this.text.indexOf('\n', from);
    return newline === -1 ? this.text.length : newline;
  }

  private closingQuote(from: number, delimiter: string): number | undefined {
    const { text } = this;
    for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 1)) {
      const next = text[at + 1];
      if (this.escape !== '"' && isEscaped(text, from, at)) {
        this.escape = '\\';
      } else if (next === '"' && this.escape !== '\\') {
        this.escape = '"';
        at += 1;
      } else if (next === undefined) {
        return this.isEnd ? at : undefined;
      } else if (next === delimiter || next === '\n' || next === '\r') {
        return at;
      }
    }
    return undefined;
  }

  private unescape(cell: string): string {
    if (this.escape === '"') return cell.replaceAll('""', '"');
    return this.escape === '\\' ? cell.replaceAll(/\\([\\"])/g, '$1') : cell;
  }

  private unclosed(): Error {
    return new Error(`A quote in row ${this.row} of the CSV is not closed.`);
  }
}

function delimiterOf(text: string): string {
  const firstLine = text.split('\n', 1)[0] ?? '';
  return firstLine.includes(';') && !firstLine.includes(',') ? ';' : ',';
}

/** Whether an odd number of backslashes precedes the character. */
function isEscaped(text: string, from: number, at: number): boolean {
  let first = at;
  while (first > from && text[first - 1] === '\\') first -= 1;
  return (at - first) % 2 === 1;
}
