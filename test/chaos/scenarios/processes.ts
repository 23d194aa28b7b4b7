import { withPipeline, pause } from '../chaos-pipeline';
import { outcome, type Scenario } from '../scenario';

const maxInFlight = 64;

export const dispatcherKills: Scenario = {
  name: 'kill -9 of a dispatcher every 5 s for a minute, 3 running',
  run: (settings) =>
    withPipeline(
      settings,
      {
        format: 'revenuecat',
        env: { STATSIG_MAX_IN_FLIGHT: String(maxInFlight) },
      },
      async (pipeline) => {
        await pipeline.statsig.faults({
          kind: 'latency',
          latency: { shape: 'uniform', minMs: 5, maxMs: 50 },
        });
        await pipeline.dispatchers.scaleTo(3);
        await pipeline.dispatchers.ready();
        const produced = pipeline.produce({ overMs: 60_000 });
        for (let kills = 0; kills < 12; kills++) {
          await pause(5_000);
          await pipeline.dispatchers.kill(pipeline.dispatchers.all[kills % pipeline.dispatchers.all.length]);
        }
        await produced;
        const result = await pipeline.drain();
        const allowedRepeats = 12 * maxInFlight;
        return outcome(result, {
          allowedRepeats,
          notes: [
            `12 kills; each may repeat up to ${String(maxInFlight)} requests in flight, of one event each`,
          ],
        });
      },
    ),
};

export const dispatcherRollingRestart: Scenario = {
  name: 'rolling restart by SIGTERM of 3 dispatchers under load',
  run: (settings) =>
    withPipeline(settings, {}, async (pipeline) => {
      await pipeline.statsig.faults({ kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } });
      await pipeline.dispatchers.scaleTo(3);
      await pipeline.dispatchers.ready();
      const produced = pipeline.produce({ overMs: 30_000 });
      for (const old of pipeline.dispatchers.all) {
        await pause(3_000);
        await pipeline.dispatchers.terminate(old);
        await pipeline.dispatchers.start();
        await pipeline.dispatchers.ready();
      }
      await produced;
      return outcome(await pipeline.drain());
    }),
};

export const dispatcherScaling: Scenario = {
  name: 'scale 1 → 4 → 2 under load',
  isShort: true,
  run: (settings) =>
    withPipeline(settings, {}, async (pipeline) => {
      await pipeline.statsig.faults({ kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } });
      await pipeline.dispatchers.scaleTo(1);
      await pipeline.dispatchers.ready();
      const produced = pipeline.produce({ overMs: 20_000 });
      await pause(4_000);
      await pipeline.dispatchers.scaleTo(4);
      await pipeline.dispatchers.ready();
      await pause(4_000);
      await pipeline.dispatchers.scaleTo(2);
      await produced;
      return outcome(await pipeline.drain());
    }),
};

export const dispatcherClockSkew: Scenario = {
  name: 'the clock of one dispatcher 5 minutes fast',
  run: (settings) =>
    withPipeline(settings, {}, async (pipeline) => {
      await pipeline.dispatchers.start();
      await pipeline.dispatchers.start({ FAKETIME_DONT_FAKE_MONOTONIC: '1' }, ['faketime', '-f', '+5m']);
      await pipeline.dispatchers.ready();
      await pipeline.produce({ overMs: 10_000 });
      return outcome(await pipeline.drain());
    }),
};

export const soakTest: Scenario = {
  name: '15-minute soak test with mixed faults',
  run: (settings) =>
    withPipeline(settings, {}, async (pipeline) => {
      await pipeline.statsig.faults(
        { kind: 'latency', latency: { shape: 'lognormal', p50Ms: 20, p99Ms: 300 } },
        { kind: 'status', status: 503, probability: 0.05 },
        { kind: 'status', status: 429, retryAfter: 1, probability: 0.02 },
        { kind: 'reset', probability: 0.01 },
      );
      await pipeline.dispatchers.scaleTo(2);
      await pipeline.dispatchers.ready();
      const memory: number[] = [];
      // Compares the last four minutes with the third to the sixth.
      const minutes = Math.max(10, Math.round(15 * settings.timeScale));
      for (let minute = 0; minute < minutes; minute++) {
        await pipeline.produce({ prefix: `m${String(minute).padStart(2, '0')}-`, overMs: 60_000 });
        memory.push(await pipeline.dispatchers.memory());
      }
      const result = await pipeline.drain();
      const early = Math.max(...memory.slice(2, 6));
      const late = Math.max(...memory.slice(-4));
      const growth = late / early;
      return outcome(result, {
        allowedRepeats: await pipeline.dispatchers.metric('rcstatsig_dispatcher_possible_repeats_total'),
        notes: [`resident memory at the end ÷ at the beginning: ${growth.toFixed(2)}`],
        failures: growth > 1.25 ? [`memory grew by ${((growth - 1) * 100).toFixed(0)} %`] : [],
      });
    }),
};
