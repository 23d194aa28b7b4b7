import { byId, element, number } from './dom.js';

/** Counters and faults. */
export class StatePanel {
  #before;

  show({ stats, faults, settings }) {
    const rate = this.#eventsPerSecond(stats);
    byId('counters').replaceChildren(
      counter('Requests', number.format(stats.requests)),
      counter('Events', number.format(stats.events)),
      counter('Events / s', number.format(rate)),
      counter('Distinct ids', number.format(stats.distinctEventIds)),
      counter(
        'Repeated ids',
        number.format(stats.repeatedEventIds),
        stats.repeatedEventIds > 0 ? 'is-bad' : '',
      ),
      counter('Left out', number.format(stats.leftOut)),
      counter('Sandbox', settings.includeSandbox ? 'included' : 'left out', 'is-text'),
      counter('Responses', responsesText(stats.responses), 'is-text is-wide'),
    );
    byId('faults').hidden = faults.length === 0;
    byId('fault-list').replaceChildren(...faults.map(faultItem));
  }

  #eventsPerSecond({ events, sinceMs }) {
    const now = { events, sinceMs, at: performance.now() };
    const before = this.#before;
    this.#before = now;
    if (before?.sinceMs !== sinceMs) return 0;
    return Math.round(((events - before.events) * 1_000) / Math.max(now.at - before.at, 500));
  }
}

function counter(name, text, className = '') {
  return element('div', { className, children: [element('dt', { text: name }), element('dd', { text })] });
}

function responsesText(responses) {
  const parts = Object.entries(responses).map(([ending, count]) => `${ending}: ${number.format(count)}`);
  return parts.length === 0 ? 'none' : parts.join(' · ');
}

function faultItem(rule) {
  const { match, probability, acted, ended } = rule;
  const parts = [
    what(rule),
    probability < 1 ? `${Math.round(probability * 1_000) / 10} %` : '',
    match.endpoint ?? '',
    match.eventId === undefined ? '' : `event ${match.eventId}`,
    match.key === undefined ? '' : `key …${match.key.slice(-4)}`,
    `acted ${number.format(acted)}×`,
    ended ? 'ended' : '',
  ];
  return element('li', { className: ended ? 'has-ended' : '', text: parts.filter(Boolean).join(' · ') });
}

function what(rule) {
  if (rule.kind === 'status') {
    return `status ${rule.status}${rule.bodyEnd === 'complete' ? '' : `, body: ${rule.bodyEnd}`}`;
  }
  if (rule.kind !== 'latency') return rule.kind;
  const { shape, ...numbers } = rule.latency;
  return `latency ${shape} ${Object.values(numbers).join('–')} ms`;
}
