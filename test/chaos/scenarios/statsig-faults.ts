import { Arena, inArena, pause } from '../arena';
import { outcome, type Scenario } from '../scenario';
import { TcpProxy } from '../tcp-proxy';

const answersLost = 'dispatcher_possible_repeats_total';

export const errorsAndLimits: Scenario = {
  name: 'Statsig answers 500 to 30 % and 429 with Retry-After to 20 %',
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      await arena.statsig.faults(
        { kind: 'status', status: 500, probability: 0.3 },
        { kind: 'status', status: 429, retryAfter: 1, probability: 0.2 / 0.7 },
      );
      await arena.fleet.scaleTo(2);
      await arena.produce();
      return outcome(await arena.settled());
    }),
};

export const hanging: Scenario = {
  name: 'Statsig does not answer for 60 s',
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      await arena.statsig.faults({ kind: 'hang', forMs: 60_000 });
      await arena.fleet.scaleTo(2);
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
      await arena.fleet.scaleTo(2);
      await arena.produce();
      const tally = await arena.settled();
      const allowedRepeats = await arena.fleet.metric(answersLost);
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
      await arena.fleet.scaleTo(2);
      await arena.fleet.ready();
      proxy.set({ kind: 'cut' });
      await arena.produce();
      await pause(180_000);
      proxy.set({ kind: 'none' });
      const back = performance.now();
      const tally = await arena.settled();
      const allowedRepeats = await arena.fleet.metric(answersLost);
      const took = Math.round((performance.now() - back) / 1_000);
      return outcome(tally, { allowedRepeats, notes: [`all delivered ${String(took)} s after its return`] });
    } finally {
      await arena.close();
      proxy.close();
    }
  },
};
