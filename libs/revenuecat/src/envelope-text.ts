import { type Node, parseTree } from 'jsonc-parser';
import { type JsonObject } from './envelope';

interface Edit {
  start: number;
  end: number;
  text: string;
}

/**
 * The envelope's text with members of its event replaced or added, and everything else as it was: numbers keep their
 * digits, members their order, and fields that RevenueCat adds tomorrow pass untouched.
 */
export function patchEvent(envelopeText: string, patch: JsonObject): string {
  const members = Object.entries(patch);
  if (members.length === 0) return envelopeText;
  const root = parseTree(envelopeText);
  const event = root === undefined ? undefined : valueOf(root, 'event');
  if (event === undefined) throw new Error('the envelope has no "event" to patch');
  const edits = members.map(([name, value]): Edit => {
    const text = JSON.stringify(value);
    const old = valueOf(event, name);
    if (old !== undefined) return { start: old.offset, end: old.offset + old.length, text };
    const end = event.offset + event.length - 1;
    return { start: end, end, text: `,${JSON.stringify(name)}:${text}` };
  });
  return apply(envelopeText, withoutLeadingComma(edits, event));
}

/** Of repeated members the last counts, as for JSON.parse. */
function valueOf(object: Node, name: string): Node | undefined {
  return object.children?.findLast(({ children }) => children?.[0]?.value === name)?.children?.[1];
}

function withoutLeadingComma(edits: readonly Edit[], event: Node): Edit[] {
  const isEmpty = event.children === undefined || event.children.length === 0;
  return edits.map((edit, i) => (isEmpty && i === 0 ? { ...edit, text: edit.text.slice(1) } : edit));
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
