import { customerIdLists, parseEnvelope, type RevenueCatEvent } from '@app/revenuecat';

/** An event with more ids than this is found by these; `Erasure` finds it by all of them. */
export const maxMentions = 50;

/** Every id by which the event names a customer. The first id of each field comes first. */
export function idsOf(event: RevenueCatEvent): string[] {
  const lists = customerIdLists(event);
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const ids = new Set<string>();
  for (let i = 0; i < longest; i += 1) for (const { [i]: id } of lists) if (id !== undefined) ids.add(id);
  return [...ids];
}

/** Every id by which a record value names a customer; if it is not an event, every string and whole number in it. */
export function idsIn(value: Uint8Array | null): string[] {
  if (value === null) return [];
  const parsed = parseEnvelope(value);
  return parsed.kind === 'envelope' ? idsOf(parsed.envelope.event) : scalarsIn(textOf(value));
}

/** The id in the key of a record: the pipeline writes `<project>:<id>`, and other producers the id. */
export function idInKey(project: string, key: Uint8Array | null): string | undefined {
  if (key === null) return undefined;
  const text = textOf(key);
  return text.startsWith(`${project}:`) ? text.slice(project.length + 1) : text;
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** Not a part of a fraction or of a word. */
const wholeNumber = /(?<![\w.+-])-?\d+(?![\w.])/g;

/** The strings and whole numbers of JSON text, which may be cut off or malformed. */
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
