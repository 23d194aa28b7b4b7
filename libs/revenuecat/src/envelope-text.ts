import { type JsonObject } from './envelope';

interface Span {
  start: number;
  end: number;
}

interface Edit extends Span {
  text: string;
}

interface Members {
  /** Position of the value of each name. */
  values: Map<string, Span>;
  /** Positions of members whose name is repeated later, each up to the next member. */
  repeated: Span[];
}

/**
 * Replaces or adds members of the event in the envelope's text, and leaves everything else unchanged: numbers keep their
 * digits, members keep their order, and fields that RevenueCat adds in the future are passed on.
 *
 * Of members with the same name, in the envelope and in the event, only the last is kept, which is the one that
 * `JSON.parse` reads. Another parser may read the first, which may contain customer attributes that must not be sent.
 *
 * @param envelopeText valid JSON with an object as its `event`
 */
export function patchEvent(envelopeText: string, patch: JsonObject): string {
  if (Object.keys(patch).length === 0 && !mayRepeatAttributes(envelopeText)) return envelopeText;
  const envelope = membersOf(envelopeText, afterSpace(envelopeText, 0));
  const event = envelope.values.get('event');
  if (event === undefined) throw new Error('the envelope has no "event" to patch');
  const { values, repeated } = membersOf(envelopeText, event.start);
  const beforeBrace = event.end - 1;
  let isFirst = values.size === 0;
  const edits = Object.entries(patch).map(([name, value]): Edit => {
    const text = JSON.stringify(value);
    const old = values.get(name);
    if (old !== undefined) return { ...old, text };
    const comma = isFirst ? '' : ',';
    isFirst = false;
    return { start: beforeBrace, end: beforeBrace, text: `${comma}${JSON.stringify(name)}:${text}` };
  });
  for (const span of [...envelope.repeated, ...repeated]) edits.push({ ...span, text: '' });
  return edits.length === 0 ? envelopeText : apply(envelopeText, edits);
}

/**
 * Scanning all members of every event would take longer than parsing it, so the text is searched for the names
 * `"subscriber_attributes"` and `"event"`, without their first characters: a search for a letter that is rare in events is
 * several times as fast as one for a quote.
 */
function mayRepeatAttributes(text: string): boolean {
  const isTwice = (name: string): boolean => text.includes(name, text.indexOf(name) + 1);
  const mayHaveEscapedName = text.includes('\\u');
  return mayHaveEscapedName || isTwice('bscriber_attributes"') || isTwice('vent"');
}

// Character codes: comparing them is three times as fast as comparing characters.
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const space = 0x20;

/** The members of the object that begins at `at`. */
function membersOf(text: string, at: number): Members {
  const values = new Map<string, Span>();
  const places = new Map<string, Span>();
  const repeated: Span[] = [];
  let next = afterSpace(text, at + 1);
  while (text.charCodeAt(next) === quote) {
    const nameEnd = endOfString(text, next);
    const name = nameAt(text, next, nameEnd);
    const start = afterSpace(text, afterSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    const separator = afterSpace(text, end);
    const following = afterSpace(text, separator + 1);
    const earlier = places.get(name);
    if (earlier !== undefined) repeated.push(earlier);
    places.set(name, { start: next, end: following });
    values.set(name, { start, end });
    if (text.charCodeAt(separator) !== comma) break;
    next = following;
  }
  return { values, repeated };
}

function nameAt(text: string, start: number, end: number): string {
  const name = text.slice(start + 1, end - 1);
  return name.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : name;
}

/** The end of the value that begins at `at`. Counts levels instead of recursing, so deep nesting cannot exhaust the stack. */
function endOfValue(text: string, at: number): number {
  let depth = 0;
  do {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at);
        break;
      case openBrace:
      case openBracket:
        depth += 1;
        at += 1;
        break;
      case closeBrace:
      case closeBracket:
        depth -= 1;
        at += 1;
        break;
      case comma:
      case colon:
        at += 1;
        break;
      default:
        at = endOfWord(text, at);
    }
    if (depth > 0) at = afterSpace(text, at);
  } while (depth > 0);
  return at;
}

function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === backslash) backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
  }
  throw new Error('the text to patch ends within a string');
}

/** A number, true, false or null. */
function endOfWord(text: string, at: number): number {
  const start = at;
  for (let code = text.charCodeAt(at); isWordPart(code); code = text.charCodeAt(at)) at += 1;
  if (at === start) throw new Error('the text to patch ends within a value');
  return at;
}

/** False for NaN, which is the code beyond the end of the text. */
function isWordPart(code: number): boolean {
  return code > space && code !== comma && code !== closeBrace && code !== closeBracket;
}

/** All JSON whitespace is at or below U+0020. */
function afterSpace(text: string, at: number): number {
  while (text.charCodeAt(at) <= space) at += 1;
  return at;
}

function apply(text: string, edits: readonly Edit[]): string {
  const inOrder = edits.map((edit, i) => ({ ...edit, i })).sort((a, b) => a.start - b.start || a.i - b.i);
  let out = '';
  let at = 0;
  for (const edit of inOrder) {
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + text.slice(at);
}
