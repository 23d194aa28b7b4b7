import { observe } from '@app/identity';
import { parseEnvelope, type RevenueCatEvent } from '@app/revenuecat';

/** An id list longer than this is no customer's: finding it by the first ids is enough. */
const maxMentions = 50;

/** Ids by which the event can be found. */
export function idsOf(event: RevenueCatEvent): string[] {
  return allIdsOf(event).slice(0, maxMentions);
}

/** Every id by which the event names a customer. */
export function allIdsOf(event: RevenueCatEvent): string[] {
  return [...new Set(observe(event).flatMap(({ ids }) => ids))];
}

/** Every id by which a record value names a customer; if it is not an event, every string in it. */
export function idsIn(value: Uint8Array): string[] {
  const parsed = parseEnvelope(value);
  return parsed.kind === 'envelope' ? allIdsOf(parsed.envelope.event) : stringsIn(textOf(value));
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** The strings of JSON text, which may be cut off or malformed. */
function stringsIn(text: string): string[] {
  const strings = new Set<string>();
  for (let start = text.indexOf('"'); start !== -1; start = text.indexOf('"', start)) {
    let end = start + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    strings.add(unescaped(text.slice(start, end + 1)));
    start = end + 1;
  }
  return [...strings];
}

function unescaped(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted.slice(1, -1);
  }
}
