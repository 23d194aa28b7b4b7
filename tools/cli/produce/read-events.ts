import { csvRows } from '../csv';
import { type EventToSend, inEnvelope } from './event-to-send';

export const inputFormats = ['ndjson', 'csv'] as const;
export type InputFormat = (typeof inputFormats)[number];

/** Reads events one by one, so that only the current part of the input is in memory. */
export function readEvents(input: AsyncIterable<string>, format: InputFormat): AsyncGenerator<EventToSend> {
  return format === 'csv' ? readCsv(input) : readNdjson(input);
}

async function* readNdjson(input: AsyncIterable<string>): AsyncGenerator<EventToSend> {
  for await (const line of lines(input)) if (line.trim() !== '') yield { body: inEnvelope(line) };
}

/** The first row names the fields of the event. */
async function* readCsv(input: AsyncIterable<string>): AsyncGenerator<EventToSend> {
  let names: readonly string[] | undefined;
  for await (const row of csvRows(input)) {
    if (names === undefined) names = row.map((name) => name.trim());
    else yield { body: JSON.stringify({ api_version: '1.0', event: eventOf(names, row) }) };
  }
}

function eventOf(names: readonly string[], row: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap((name, i): [string, unknown][] => {
      const cell = row[i] ?? '';
      return cell === '' ? [] : [[name, cellValue(name, cell)]];
    }),
  );
}

/** RevenueCat's fields with numbers. Others stay text: an id such as 42 must not become a number. */
const numericField = /(_ms|_percentage|_number|_in_purchased_currency)$|^price$/;
const booleanField = /^is_/;

function cellValue(name: string, cell: string): unknown {
  if (booleanField.test(name) && /^(true|false)$/i.test(cell)) return cell.toLowerCase() === 'true';
  if (numericField.test(name) && Number.isFinite(Number(cell))) return Number(cell);
  return /^\s*[[{]/.test(cell) ? parsedOrText(cell) : cell;
}

/** Lists and objects are JSON in their cell. */
function parsedOrText(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

/** The endpoint accepts less by default; this only limits the memory. */
const maxLineLength = 16 * 1024 * 1024;

async function* lines(input: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  let count = 0;
  for await (const chunk of input) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    count += parts.length;
    yield* parts;
    if (rest.length > maxLineLength)
      throw new Error(`Line ${count + 1} has more than ${maxLineLength} characters. Is the file NDJSON?`);
  }
  if (rest !== '') yield rest;
}
