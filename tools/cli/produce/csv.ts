/** Limits the memory if a quote is not closed. */
const maxRowLength = 16 * 1024 * 1024;

/** Reads CSV (RFC 4180): cells may be quoted, with `""` for a quote. Skips empty lines. Throws if a quote is not closed. */
export async function* csvRows(input: AsyncIterable<string>): AsyncGenerator<string[]> {
  const row = new RowReader();
  for await (const chunk of input) yield* row.add(chunk);
  yield* row.end();
}

class RowReader {
  private cells: string[] = [];
  private cell = '';
  /** `quoteInQuotes`: a quote that ends the quoted text, or is the first of two. */
  private state: 'plain' | 'quoted' | 'quoteInQuotes' = 'plain';
  private row = 1;

  *add(chunk: string): Generator<string[]> {
    for (const character of chunk) {
      const finished = this.addCharacter(character);
      if (finished !== undefined) yield finished;
    }
    if (this.cell.length > maxRowLength) throw this.unclosed();
  }

  *end(): Generator<string[]> {
    if (this.state === 'quoted') throw this.unclosed();
    const last = this.endRow();
    if (last !== undefined) yield last;
  }

  /** Returns a row that this character ends. */
  private addCharacter(character: string): string[] | undefined {
    if (this.state === 'quoted') {
      if (character === '"') this.state = 'quoteInQuotes';
      else this.cell += character;
      return undefined;
    }
    if (character === '"' && this.state === 'quoteInQuotes') {
      this.cell += '"';
      this.state = 'quoted';
      return undefined;
    }
    this.state = 'plain';
    switch (character) {
      case '"':
        if (this.cell === '') this.state = 'quoted';
        else this.cell += '"';
        return undefined;
      case ',':
        this.cells.push(this.cell);
        this.cell = '';
        return undefined;
      case '\n':
        return this.endRow();
      case '\r':
        return undefined;
      default:
        this.cell += character;
        return undefined;
    }
  }

  private endRow(): string[] | undefined {
    const cells = [...this.cells, this.cell];
    [this.cells, this.cell, this.state] = [[], '', 'plain'];
    this.row += 1;
    return cells.length === 1 && cells[0] === '' ? undefined : cells;
  }

  private unclosed(): Error {
    return new Error(`A quote in row ${this.row} of the CSV is not closed.`);
  }
}
