import { customerIdLists, parseEnvelope, type RevenueCatEvent } from '@app/revenuecat';

/** Maximum number of indexed ids per event. `Erasure` finds an event by all of its ids. */
export const maxMentions = 50;

/** Returns every customer id in the event. The first id of each field comes first. */
export function idsOf(event: RevenueCatEvent): string[] {
  const lists = customerIdLists(event);
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const ids = new Set<string>();
  for (let i = 0; i < longest; i += 1) for (const { [i]: id } of lists) if (id !== undefined) ids.add(id);
  return [...ids];
}

/** Returns every customer id in a record value, or every string and integer if the value is not a valid event. */
export function idsIn(value: Uint8Array | null): string[] {
  if (value === null) return [];
  const parsed = parseEnvelope(value);
  return parsed.kind === 'envelope' ? idsOf(parsed.envelope.event) : scalarsIn(textOf(value));
}

/** Returns the id in the key of a record: the pipeline writes `<project>:<id>`, and other producers write only the id. */
export function idInKey(project: string, key: Uint8Array | null): string | undefined {
  if (key === null) return undefined;
  const text = textOf(key);
  return text.startsWith(`${project}:`) ? text.slice(project.length + 1) : text;
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** Integers that are not part of a fraction or a word. */
const wholeNumber = /(?<![\w.+-])-?\d+(?![\w.])/g;

/** Returns the strings and integers in JSON text, which may be truncated or malformed. */
function scalarsIn(text: string): string[] {
  const found = new Set<string>();
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    const start = quote === -1 ? text.length : quote;
    for (const [number] of text.slice(at, start).matchAll(wholeNumber)) found.add(number);
    let end = start + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    if (start < text.length) found.add(unescaped(text.slice(start + 1, end)));
    at = end + 1;
  }
  return [...found];
}

function unescaped(quoted: string): string {
  try {
    return JSON.parse(`"${quoted}"`) as string;
  } catch {
    return quoted;
  }
}
