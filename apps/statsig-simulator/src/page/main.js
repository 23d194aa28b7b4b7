import { byId } from './dom.js';
import { EventDetail } from './event-detail.js';
import { EventList } from './event-list.js';
import { StatePanel } from './state-panel.js';
import { offerThemes } from './theme.js';

const detail = new EventDetail(() => list.mark(undefined));
const list = new EventList((seq) => {
  list.mark(seq);
  void detail.open(seq);
});
const panel = new StatePanel();

offerThemes();
showExample();
listen();

byId('filter').addEventListener('input', ({ target }) => list.filter(target.value));
byId('pause').addEventListener('click', ({ target }) => {
  const paused = target.getAttribute('aria-pressed') !== 'true';
  target.setAttribute('aria-pressed', String(paused));
  target.textContent = paused ? 'Resume' : 'Pause';
  list.pause(paused);
});
byId('clear').addEventListener('click', () => fetch('/_sim/events', { method: 'DELETE' }));
byId('clear-faults').addEventListener('click', () => fetch('/_sim/faults', { method: 'DELETE' }));
byId('copy').addEventListener('click', ({ target }) => {
  navigator.clipboard.writeText(byId('example').textContent).then(
    () => (target.textContent = 'Copied'),
    () => getSelection().selectAllChildren(byId('example')),
  );
});

/** After a lost connection, the browser reconnects and the stream starts again with the newest events. */
function listen() {
  const stream = new EventSource('/_sim/stream');
  let countedSinceMs;
  const clearIfCleared = (sinceMs) => {
    if (countedSinceMs !== undefined && countedSinceMs !== sinceMs) list.clear();
    countedSinceMs = sinceMs;
  };
  stream.addEventListener('open', () => showConnection('live', 'live'));
  stream.addEventListener('error', () => showConnection('lost', 'connection lost, reconnecting'));
  stream.addEventListener('events', ({ data }) => {
    const { sinceMs, events, notShown } = JSON.parse(data);
    clearIfCleared(sinceMs);
    list.add(events, notShown);
  });
  stream.addEventListener('state', ({ data }) => {
    const state = JSON.parse(data);
    clearIfCleared(state.stats.sinceMs);
    panel.show(state);
  });
}

function showConnection(state, text) {
  byId('connection').dataset.state = state;
  byId('connection').textContent = text;
}

function showExample() {
  byId('address').textContent = location.origin;
  byId('example').textContent = [
    `curl ${location.origin}/v1/webhooks/revenuecat \\`,
    `  -H 'STATSIG-API-KEY: secret-local' -H 'content-type: application/json' \\`,
    `  -d '{"api_version":"1.0","event":{"id":"evt-1","type":"INITIAL_PURCHASE",`,
    `       "app_user_id":"user-1","price":4.99,"currency":"USD","environment":"PRODUCTION"}}'`,
  ].join('\n');
}
