import { byId, element } from './dom.js';
import { ingestionText, timeOf, valueOf } from './event-row.js';
import { jsonNodes } from './json-view.js';

/** Shows one event with its whole request. */
export class EventDetail {
  #opener;

  constructor(onClose) {
    const close = () => {
      byId('detail').hidden = true;
      onClose();
      if (this.#opener?.isConnected) this.#opener.focus();
    };
    byId('close').addEventListener('click', close);
    document.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape' && !byId('detail').hidden) close();
    });
  }

  async open(seq) {
    this.#opener = document.activeElement;
    const response = await fetch(`/_sim/events?since=${seq - 1}&limit=1`);
    const event = (await response.json()).events?.[0];
    if (event?.seq === seq) this.#show(event);
    else this.#showForgotten();
    byId('detail').hidden = false;
    byId('detail-title').focus();
  }

  #show(event) {
    byId('detail-title').textContent = event.name;
    const facts = {
      Arrived: `${timeOf(event)}, as number ${event.seq}`,
      'Event id': event.id ?? 'none, so repeats cannot be detected',
      User: event.userId ?? 'none',
      Value: valueOf(event),
      Environment: event.environment,
      'In Statsig': ingestionText[event.ingestion],
      Accepted:
        event.acceptance > 1 ? `for the ${ordinal(event.acceptance)} time: a repeat` : 'for the first time',
    };
    byId('facts').replaceChildren(
      ...Object.entries(facts).flatMap(([name, text]) => [
        element('dt', { text: name }),
        element('dd', { text }),
      ]),
    );
    byId('batched').hidden = event.endpoint !== 'log_event';
    byId('event').replaceChildren(...jsonNodes(event.event));
    byId('body').replaceChildren(...jsonNodes(event.body));
    byId('headers').replaceChildren(...jsonNodes(event.headers));
  }

  #showForgotten() {
    byId('detail-title').textContent = 'This event is no longer held';
    byId('facts').replaceChildren(
      element('dt', { text: 'Why' }),
      element('dd', { text: 'Newer events replaced it, or the events were cleared.' }),
    );
    byId('batched').hidden = true;
    byId('body').replaceChildren();
    byId('headers').replaceChildren();
  }
}

function ordinal(count) {
  const suffix = { one: 'st', two: 'nd', few: 'rd', other: 'th' };
  return `${count}${suffix[new Intl.PluralRules('en', { type: 'ordinal' }).select(count)]}`;
}
