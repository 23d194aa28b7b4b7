import { pause } from '../chaos-pipeline';
import { type Scenario } from '../scenario';
import { underLoad } from '../under-load';

const downMs = 6_000;
const killIntervalMs = 20_000;
const kills = 6;
const moveIntervalMs = 5_000;
const moves = 12;
const frozenMs = 25_000;
const lossMs = 20_000;

export const brokerRollingRestart: Scenario = {
  name: 'rolling restart of all brokers under load, twice (once in the short form)',
  isShort: true,
  run: (settings) =>
    underLoad(settings, { overMs: 40_000 }, async () => {
      const { nodes, admin } = settings.kafka;
      for (const node of settings.isShort ? nodes : [...nodes, ...nodes]) {
        await node.restart();
        await admin.inSync();
      }
    }),
};

export const brokerKills: Scenario = {
  name: 'kill -9 of a broker every 20 s for two minutes',
  run: (settings) =>
    underLoad(settings, { overMs: kills * killIntervalMs }, async () => {
      const { nodes, admin } = settings.kafka;
      for (let kill = 0; kill < kills; kill++) {
        const begunMs = performance.now();
        const node = nodes[kill % nodes.length];
        await node?.kill();
        await pause(downMs);
        await node?.restart();
        await admin.inSync();
        await pause(Math.max(0, killIntervalMs - (performance.now() - begunMs)));
      }
    }),
};

export const leaderMoves: Scenario = {
  name: 'all leaders moved every 5 s for a minute',
  run: (settings) =>
    underLoad(settings, { overMs: moves * moveIntervalMs }, async () => {
      for (let move = 0; move < moves; move++) {
        await pause(moveIntervalMs);
        await settings.kafka.admin.moveLeaders();
      }
    }),
};

export const brokerFreeze: Scenario = {
  name: 'a broker frozen for 25 s',
  run: (settings) =>
    underLoad(settings, { overMs: 60_000 }, async () => {
      const { nodes, admin } = settings.kafka;
      await pause(5_000);
      nodes[0]?.freeze();
      await pause(frozenMs);
      nodes[0]?.thaw();
      await admin.inSync();
    }),
};

export const lostProduceResponses: Scenario = {
  name: 'responses to produce requests lost between all apps and one broker',
  run: async (settings) => {
    const { proxiedBrokers, produceResponses } = settings.kafka;
    const before = produceResponses.lost;
    const result = await underLoad(
      settings,
      { overMs: 2 * lossMs, env: { KAFKA_BROKERS: proxiedBrokers } },
      async () => {
        for (const loss of ['reset', 'swallowed', 'none'] as const) {
          produceResponses.loss = loss;
          if (loss !== 'none') await pause(lossMs);
        }
      },
    );
    const lost = produceResponses.lost - before;
    return {
      ...result,
      notes: [...result.notes, `${String(lost)} responses lost`],
      failures: lost === 0 ? ['no response was lost, so the scenario tested nothing'] : [],
    };
  },
};
