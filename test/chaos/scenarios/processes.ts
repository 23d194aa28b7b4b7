import { inArena, pause } from '../arena';
import { outcome, type Scenario } from '../scenario';

const maxInFlight = 64;

export const killed: Scenario = {
  name: 'kill -9 of a dispatcher every 5 s for a minute, 3 running',
  run: (settings) =>
    inArena(
      settings,
      {
        format: 'revenuecat',
        env: { STATSIG_MAX_IN_FLIGHT: String(maxInFlight) },
      },
      async (arena) => {
        await arena.statsig.faults({ kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } });
        await arena.dispatchers.scaleTo(3);
        await arena.dispatchers.ready();
        const produced = arena.produce({ overMs: 60_000 });
        for (let kills = 0; kills < 12; kills++) {
          await pause(5_000);
          await arena.dispatchers.kill(arena.dispatchers.all[kills % arena.dispatchers.all.length]);
        }
        await produced;
        const tally = await arena.settled();
        const allowedRepeats = 12 * maxInFlight;
        return outcome(tally, {
          allowedRepeats,
          notes: [`12 kills; the window is ${String(maxInFlight)} requests in flight for each, of one event`],
        });
      },
    ),
};

export const rolled: Scenario = {
  name: 'rolling restart by SIGTERM of 3 dispatchers under load',
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      await arena.statsig.faults({ kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } });
      await arena.dispatchers.scaleTo(3);
      await arena.dispatchers.ready();
      const produced = arena.produce({ overMs: 30_000 });
      for (const old of arena.dispatchers.all) {
        await pause(3_000);
        await arena.dispatchers.terminate(old);
        await arena.dispatchers.start();
        await arena.dispatchers.ready();
      }
      await produced;
      return outcome(await arena.settled());
    }),
};

export const scaled: Scenario = {
  name: 'scale 1 → 4 → 2 under load',
  isShort: true,
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      await arena.statsig.faults({ kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } });
      await arena.dispatchers.scaleTo(1);
      await arena.dispatchers.ready();
      const produced = arena.produce({ overMs: 20_000 });
      await pause(4_000);
      await arena.dispatchers.scaleTo(4);
      await arena.dispatchers.ready();
      await pause(4_000);
      await arena.dispatchers.scaleTo(2);
      await produced;
      return outcome(await arena.settled());
    }),
};

export const wrongClock: Scenario = {
  name: 'the clock of one dispatcher 5 minutes wrong',
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      await arena.dispatchers.start();
      await arena.dispatchers.start({ FAKETIME_DONT_FAKE_MONOTONIC: '1' }, ['faketime', '-f', '+5m']);
      await arena.dispatchers.ready();
      await arena.produce({ overMs: 10_000 });
      return outcome(await arena.settled());
    }),
};

export const soak: Scenario = {
  name: 'soak of 15 minutes at mixed faults',
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      await arena.statsig.faults(
        { kind: 'latency', latency: { shape: 'lognormal', p50Ms: 20, p99Ms: 300 } },
        { kind: 'status', status: 503, probability: 0.05 },
        { kind: 'status', status: 429, retryAfter: 1, probability: 0.02 },
        { kind: 'reset', probability: 0.01 },
      );
      await arena.dispatchers.scaleTo(2);
      await arena.dispatchers.ready();
      const memory: number[] = [];
      // The last four minutes are compared with the third to sixth.
      const minutes = Math.max(10, Math.round(15 * settings.timeScale));
      for (let minute = 0; minute < minutes; minute++) {
        await arena.produce({ prefix: `m${String(minute).padStart(2, '0')}-`, overMs: 60_000 });
        memory.push(await arena.dispatchers.memory());
      }
      const tally = await arena.settled();
      const early = Math.max(...memory.slice(2, 6));
      const late = Math.max(...memory.slice(-4));
      const growth = late / early;
      return outcome(tally, {
        allowedRepeats: await arena.dispatchers.metric('dispatcher_possible_repeats_total'),
        notes: [`resident memory at the end ÷ at the beginning: ${growth.toFixed(2)}`],
        failures: growth > 1.25 ? [`memory grew by ${((growth - 1) * 100).toFixed(0)} %`] : [],
      });
    }),
};
