import { type Frame } from './cpu-profile';

const width = 1_200;
const rowHeight = 16;
/** Narrower frames are left out, because nobody could see them. */
const minWidth = 1;
/** Narrower frames have no text. */
const minTextWidth = 40;
const characterWidth = 6.2;

interface Box {
  frame: Frame;
  x: number;
  width: number;
  level: number;
}

/**
 * A flame graph (https://www.brendangregg.com/flamegraphs.html) as an SVG image: the width of a frame is its share of the
 * processor time, and below it is its caller. Pointing at a frame shows its full name and share.
 */
export function flameGraph(title: string, root: Frame): string {
  const boxes = layOut(root, 0, width, 0);
  const levels = Math.max(...boxes.map(({ level }) => level)) + 1;
  const height = (levels + 2) * rowHeight;
  const frames = boxes.map((box) => frameSvg(box, height, root.micros)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" font-family="monospace" font-size="11">
<text x="4" y="14" font-size="13">${escaped(title)}</text>
${legend()}
${frames}
</svg>
`;
}

function layOut(frame: Frame, x: number, boxWidth: number, level: number): Box[] {
  const boxes: Box[] = [{ frame, x, width: boxWidth, level }];
  let at = x;
  for (const callee of frame.callees.toSorted((a, b) => b.micros - a.micros)) {
    const calleeWidth = (boxWidth * callee.micros) / frame.micros;
    if (calleeWidth < minWidth) break;
    boxes.push(...layOut(callee, at, calleeWidth, level + 1));
    at += calleeWidth;
  }
  return boxes;
}

function frameSvg({ frame, x, width: boxWidth, level }: Box, height: number, total: number): string {
  const name = frame.module === '' ? frame.name : `${frame.name} ${frame.module}`;
  const y = height - (level + 1) * rowHeight;
  const share = ((100 * frame.micros) / total).toFixed(1);
  const text =
    boxWidth < minTextWidth
      ? ''
      : `<text x="${(x + 2).toFixed(1)}" y="${String(y + 11)}">${escaped(name.slice(0, Math.floor(boxWidth / characterWidth)))}</text>`;
  return `<g><title>${escaped(`${name}: ${share} %`)}</title><rect x="${x.toFixed(1)}" y="${String(y)}" width="${boxWidth.toFixed(1)}" height="${String(rowHeight - 1)}" fill="${colorOf(frame).fill}"/>${text}</g>`;
}

const colors = [
  { name: 'our own code', fill: '#f4a261', includes: ({ module }: Frame) => /^(apps|libs)\//.test(module) },
  { name: 'kafkajs', fill: '#8ecae6', includes: ({ module }: Frame) => module === 'kafkajs' },
  {
    name: 'garbage collection',
    fill: '#e5989b',
    includes: ({ name }: Frame) => name === '(garbage collector)',
  },
  {
    name: 'Node.js and the system',
    fill: '#d9d9d9',
    includes: ({ module }: Frame) => module === '' || module.startsWith('node:'),
  },
  { name: 'other libraries', fill: '#b7d7a8', includes: () => true },
] as const;

function colorOf(frame: Frame): (typeof colors)[number] {
  return colors.find(({ includes }) => includes(frame)) ?? colors[4];
}

function legend(): string {
  return colors
    .map(({ name, fill }, i) => {
      const x = 420 + i * 155;
      return `<rect x="${String(x)}" y="4" width="10" height="10" fill="${fill}"/><text x="${String(x + 14)}" y="13">${name}</text>`;
    })
    .join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
