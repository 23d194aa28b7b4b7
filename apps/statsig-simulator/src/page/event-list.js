import { byId, number } from './dom.js';
import { eventRow, gapRow, matches } from './event-row.js';

/** More rows would make the page slow. */
const maxRows = 500;

/** The newest matching events, newest first. While paused, new events wait. */
export class EventList {
  #entries = [];
  #waiting = [];
  #words = [];
  #paused = false;
  #lastSeq = 0;
  #openSeq;
  #rows = byId('rows');

  constructor(onOpen) {
    this.#rows.addEventListener('click', (click) => {
      const row = click.target.closest('tr.event');
      if (row) onOpen(Number(row.dataset.seq));
    });
    this.#report();
  }

  /** @param notShown how many events arrived before these without being sent to the page */
  add(events, notShown) {
    const fresh = events.filter((event) => event.seq > this.#lastSeq);
    if (fresh.length === 0) return;
    this.#lastSeq = fresh.at(-1).seq;
    const entries = [...(notShown > 0 ? [{ notShown }] : []), ...fresh.map((event) => ({ event }))];
    if (this.#paused) this.#waiting = [...this.#waiting, ...entries].slice(-maxRows);
    else this.#show(entries);
    this.#report();
  }

  pause(paused) {
    this.#paused = paused;
    if (!paused) {
      this.#show(this.#waiting);
      this.#waiting = [];
    }
    this.#report();
  }

  filter(text) {
    this.#words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.#rows.replaceChildren();
    this.#prepend(this.#entries);
    this.#report();
  }

  clear() {
    this.#entries = [];
    this.#waiting = [];
    this.#lastSeq = 0;
    this.#rows.replaceChildren();
    this.#report();
  }

  /** Marks the event whose details are open; undefined removes the mark. */
  mark(seq) {
    this.#openSeq = seq;
    for (const row of this.#rows.querySelectorAll('.event')) this.#markRow(row);
  }

  #show(entries) {
    this.#entries = [...this.#entries, ...entries].slice(-maxRows);
    this.#prepend(entries);
    while (this.#rows.childElementCount > maxRows) this.#rows.lastElementChild.remove();
  }

  #prepend(entries) {
    const rows = entries.filter((entry) => this.#isShown(entry)).map((entry) => this.#row(entry));
    this.#rows.prepend(...rows.reverse());
  }

  #isShown({ event }) {
    return event === undefined ? this.#words.length === 0 : matches(event, this.#words);
  }

  #row({ event, notShown }) {
    if (event === undefined) return gapRow(notShown);
    const row = eventRow(event);
    this.#markRow(row);
    return row;
  }

  #markRow(row) {
    row.classList.toggle('is-open', Number(row.dataset.seq) === this.#openSeq);
  }

  #report() {
    const shown = this.#rows.querySelectorAll('.event').length;
    const waiting = this.#waiting.filter(({ event }) => event).length;
    byId('empty').hidden = this.#entries.length > 0;
    byId('no-match').hidden = this.#entries.length === 0 || shown > 0;
    byId('rows').parentElement.hidden = shown === 0;
    const held = `${number.format(shown)} ${shown === 1 ? 'event' : 'events'} shown`;
    byId('shown').textContent = this.#paused ? `paused, ${number.format(waiting)} waiting · ${held}` : held;
  }
}
