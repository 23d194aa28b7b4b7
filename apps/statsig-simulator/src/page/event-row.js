import { element, number } from './dom.js';

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

export const timeOf = (event) => clock.format(event.receivedAtMs);

export const valueOf = ({ value }) => String(value ?? '–');

export const ingestionText = {
  ingested: 'ingested',
  left_out_sandbox: 'left out: not production',
  left_out_name: 'left out: name',
};

/** Whether all words (in lower case) occur in the row or in the event id. */
export function matches(event, words) {
  if (words.length === 0) return true;
  const text = [
    event.name,
    event.userId,
    event.id,
    event.endpoint,
    event.environment,
    ingestionText[event.ingestion],
  ];
  const haystack = `${text.join(' ')} ${event.acceptance > 1 ? 'repeat' : ''}`.toLowerCase();
  return words.every((word) => haystack.includes(word));
}

export function eventRow(event) {
  const open = element('button', { text: event.name });
  open.type = 'button';
  const isSandbox = event.ingestion === 'left_out_sandbox';
  const cells = [
    element('td', { className: 'quiet', text: timeOf(event) }),
    element('td', { children: [open, ...repeatTag(event)] }),
    element('td', { className: 'user', text: event.userId ?? '–' }),
    element('td', { className: 'number', text: valueOf(event) }),
    element('td', { className: isSandbox ? '' : 'quiet', text: event.environment.toLowerCase() }),
    element('td', { children: [ingestionTag(event)] }),
    element('td', { className: 'quiet', text: event.endpoint }),
  ];
  cells[2].title = event.userId ?? '';
  const row = element('tr', { className: 'event', children: cells });
  row.dataset.seq = event.seq;
  return row;
}

export function gapRow(count) {
  const cell = element('td', {
    text: `${number.format(count)} earlier events are recorded but not listed; see GET /_sim/events`,
  });
  cell.colSpan = 7;
  return element('tr', { className: 'gap', children: [cell] });
}

function ingestionTag({ ingestion }) {
  const className = ingestion === 'ingested' ? 'tag is-good' : 'tag is-warn';
  return element('span', { className, text: ingestionText[ingestion] });
}

function repeatTag({ acceptance }) {
  if (acceptance < 2) return [];
  return [element('span', { className: 'tag is-bad', text: `repeat ×${acceptance}` })];
}
