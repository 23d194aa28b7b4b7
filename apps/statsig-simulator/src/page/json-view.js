import { element } from './dom.js';

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;
/** Colouring a huge batch would stall the page. */
const maxColoured = 200_000;

/** Renders JSON as indented, coloured nodes. */
export function jsonNodes(value) {
  const text = JSON.stringify(value, null, 2);
  if (text.length > maxColoured) return [text];
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(token)) {
    nodes.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [whole, quoted, colon] = match;
    if (colon !== undefined) nodes.push(element('span', { className: 'json-key', text: quoted }), colon);
    else
      nodes.push(
        element('span', { className: quoted === undefined ? 'json-plain' : 'json-text', text: whole }),
      );
  }
  nodes.push(text.slice(end));
  return nodes;
}
