import { Arena, inArena, pause } from '../arena';
import { outcome, type Scenario } from '../scenario';
import { arrivals } from '../statsig-record';
import { TcpProxy } from '../tcp-proxy';
import { selfSigned, TlsProxy } from '../tls-proxy';

const answersLost = 'dispatcher_possible_repeats_total';
const unreadableMs = 600_000;
const refusedMs = 60_000;
/** An integration is suspended after so many rejections in a row. */
const maxDeadLetters = 20;

export const errorsAndLimits: Scenario = {
  name: 'Statsig answers 500 to 30 % and 429 with Retry-After to 20 %',
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      await arena.statsig.faults(
        { kind: 'status', status: 500, probability: 0.3 },
        { kind: 'status', status: 429, retryAfter: 1, probability: 0.2 / 0.7 },
      );
      await arena.dispatchers.scaleTo(2);
      await arena.produce();
      return outcome(await arena.settled());
    }),
};

export const hanging: Scenario = {
  name: 'Statsig does not answer for 60 s',
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      await arena.statsig.faults({ kind: 'hang', forMs: 60_000 });
      await arena.dispatchers.scaleTo(2);
      await arena.produce();
      return outcome(await arena.settled());
    }),
};

export const resets: Scenario = {
  name: 'connections reset before and after Statsig took the request',
  isShort: true,
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      await arena.statsig.faults(
        { kind: 'reset', probability: 0.1 },
        { kind: 'accept-then-reset', probability: 0.05 },
      );
      await arena.dispatchers.scaleTo(2);
      await arena.produce();
      const tally = await arena.settled();
      const allowedRepeats = await arena.dispatchers.metric(answersLost);
      return outcome(tally, {
        allowedRepeats,
        notes: [`answers lost for ${String(allowedRepeats)} events, as counted`],
      });
    }),
};

export const goneForMinutes: Scenario = {
  name: 'Statsig gone for 3 minutes, then back',
  run: async (settings) => {
    const { hostname, port } = new URL(settings.statsigUrl);
    const proxy = await TcpProxy.to(hostname, Number(port));
    const url = `http://127.0.0.1:${String(proxy.port)}`;
    const arena = await Arena.open(settings, { env: { STATSIG_BASE_URL: url, STATSIG_EVENTS_URL: url } });
    try {
      await arena.dispatchers.scaleTo(2);
      await arena.dispatchers.ready();
      proxy.set({ kind: 'cut' });
      await arena.produce();
      await pause(180_000);
      proxy.set({ kind: 'none' });
      const back = performance.now();
      const tally = await arena.settled();
      const allowedRepeats = await arena.dispatchers.metric(answersLost);
      const took = Math.round((performance.now() - back) / 1_000);
      return outcome(tally, { allowedRepeats, notes: [`all delivered ${String(took)} s after its return`] });
    } finally {
      await arena.close();
      proxy.close();
    }
  },
};

export const unreadable: Scenario = {
  name: 'Statsig accepts with a body that is not JSON, cut off or too long, for ten minutes',
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      const overMs = unreadableMs * settings.timeScale;
      await arena.statsig.faults(
        { kind: 'garbage', accepted: true, probability: 1 / 3 },
        { kind: 'status', status: 200, bodyEnd: 'cut', accepted: true, probability: 1 / 2 },
        { kind: 'status', status: 200, bodyBytes: 1_000_000, accepted: true },
      );
      await arena.startPipeline();
      await arena.post({ perSecond: settings.events / (overMs / 1_000) });
      return outcome(await arena.settled());
    }),
};

export const methodRefused: Scenario = {
  name: 'Statsig responds with 405 to everything for a minute',
  run: (settings) =>
    inArena(settings, { format: 'revenuecat' }, async (arena) => {
      await arena.startPipeline();
      await arena.statsig.faults({ kind: 'status', status: 405, forMs: refusedMs });
      await arena.post({ perSecond: settings.events / ((refusedMs + 10_000) / 1_000) });
      const settled = await arena.settled();
      const deadLettered = await arena.deadLettered();
      const others = [...arena.expected].filter((id) => !deadLettered.has(id));
      const failures =
        deadLettered.size <= maxDeadLetters ? [] : [`${String(deadLettered.size)} dead letters`];
      const delivered = arrivals(new Set(others), await arena.statsig.events());
      return outcome(
        { ...settled, ...delivered },
        { notes: [`${String(deadLettered.size)} dead letters`], failures },
      );
    }),
};

export const certificateBroken: Scenario = {
  name: 'Statsig’s certificate cannot be trusted for a minute, IF_MAYBE_DELIVERED=dead_letter',
  run: async (settings) => {
    const [trusted, untrusted] = await Promise.all([
      selfSigned(settings.logFolder, 'trusted'),
      selfSigned(settings.logFolder, 'untrusted'),
    ]);
    const proxy = await TlsProxy.to(Number(new URL(settings.statsigUrl).port), trusted);
    const env = {
      STATSIG_BASE_URL: proxy.url,
      STATSIG_EVENTS_URL: proxy.url,
      NODE_EXTRA_CA_CERTS: trusted.pemFile,
      IF_MAYBE_DELIVERED: 'dead_letter',
    };
    try {
      return await inArena(settings, { env }, async (arena) => {
        const quarter = { events: settings.events / 4, perSecond: settings.events / 40 };
        await arena.startPipeline();
        await arena.post({ ...quarter, prefix: 'before-' });
        // With nothing in flight, since the connections are closed too.
        await arena.settled();
        proxy.present(untrusted);
        await arena.post({
          events: settings.events / 2,
          perSecond: settings.events / 120,
          prefix: 'meanwhile-',
        });
        const early = (await arena.statsig.events()).filter(({ id }) => id.startsWith('meanwhile-')).length;
        proxy.present(trusted);
        await arena.post({ ...quarter, prefix: 'after-' });
        const result = await arena.settled();
        const deadLettered = await arena.deadLettered();
        return outcome(result, {
          failures: [
            ...(early === 0 ? [] : [`${String(early)} events were sent to a server that cannot be trusted`]),
            ...(deadLettered.size === 0 ? [] : [`${String(deadLettered.size)} dead letters`]),
          ],
        });
      });
    } finally {
      proxy.close();
    }
  },
};
