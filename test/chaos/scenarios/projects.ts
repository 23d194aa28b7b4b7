import { statsigKey, pause } from '../chaos-pipeline';
import { p99Ratio } from '../delays';
import { uniqueProject, withIntegrations } from '../scenario-integrations';
import { outcome, type Scenario } from '../scenario';

/** Longer than `DISPATCHER_LEASE`, which is 60 s by default. */
const pausedMs = 70_000;
const removedMs = 15_000;
/** A change of an integration takes effect within two seconds; requests in flight need a few seconds more. */
const removalDelayMs = 5_000;
/** Slow enough for a lasting backlog. */
const maxRequestsPerSecond = 200;
const hangingTolerance = 1.3;

export const integrationPauseAndRemoval: Scenario = {
  name: 'an integration paused in the middle of a backlog for longer than a lease, removed, and added again',
  run: (settings) =>
    withIntegrations(settings, {}, async (pipeline, integrations) => {
      const integration = {
        projectId: uniqueProject('paused'),
        serverSecret: statsigKey,
        format: 'revenuecat' as const,
        maxRequestsPerSecond,
      };
      await integrations.save(integration);
      await pipeline.startApps();
      const { projectId } = integration;
      await pipeline.post({ projectId, perSecond: 4 * maxRequestsPerSecond });

      await integrations.save({ ...integration, enabled: false });
      await pause(removalDelayMs);
      const whenPaused = await pipeline.statsig.distinctIds();
      await pause(pausedMs);
      await integrations.remove(projectId);
      await pause(removedMs);
      const whileStopped = (await pipeline.statsig.distinctIds()) - whenPaused;
      await integrations.save(integration);

      const inMiddle = whenPaused > 0 && whenPaused < settings.events;
      return outcome(await pipeline.drain(), {
        notes: [`paused after ${String(whenPaused)} events`],
        failures: [
          ...(whileStopped === 0 ? [] : [`${String(whileStopped)} events were sent while it was stopped`]),
          ...(inMiddle ? [] : ['it was not paused in the middle of its backlog']),
        ],
      });
    }),
};

export const hangingProject: Scenario = {
  name: 'ten projects, one of which hangs, at default settings',
  run: (settings) =>
    withIntegrations(settings, {}, async (pipeline, integrations) => {
      const projects = Array.from({ length: 10 }, (_, i) => ({
        projectId: uniqueProject(`one-of-ten-${String(i)}`),
        serverSecret: `secret-of-ten-${String(i)}`,
        format: 'log_event' as const,
      }));
      for (const project of projects) await integrations.save(project);
      await pipeline.statsig.keys(...projects.map(({ serverSecret }) => serverSecret));
      const latency = { kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } };
      await pipeline.statsig.faults(latency);
      await pipeline.startApps();
      const hang = { kind: 'hang', match: { key: projects[0]?.serverSecret } };
      const count = Math.ceil(settings.events / 6 / projects.length);
      const load = { events: count, perSecond: count / 20 };
      const post = (phase: string, round: number): Promise<unknown> =>
        Promise.all(
          projects.map(({ projectId }, i) =>
            pipeline.post({
              ...load,
              projectId,
              prefix: `${phase}-${i === 0 ? 'hanging' : 'other'}-${String(i)}-${String(round)}-`,
            }),
          ),
        );
      await post('warm', 0);
      let result = await pipeline.drain();
      // The phases alternate, so that other load on the machine affects both.
      for (let round = 1; round <= 3; round++) {
        await post('calm', round);
        await pipeline.drain();
        await pipeline.statsig.faults(hang, latency);
        await post('beside', round);
        await pipeline.statsig.faults(latency);
        result = await pipeline.drain();
      }
      const receipts = await pipeline.receipts();
      const { ratio, text } = p99Ratio(receipts, 'beside-other-', 'calm-other-');
      return outcome(result, {
        notes: [`p99 of the others with one hanging ÷ with none: ${text}`],
        failures:
          ratio <= hangingTolerance ? [] : [`the p99 of the others rose by a factor of ${ratio.toFixed(2)}`],
      });
    }),
};
