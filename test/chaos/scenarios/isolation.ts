import { withPipeline, pause, statsigKey } from '../chaos-pipeline';
import { p99Ratio, warmUp } from '../delays';
import { uniqueProject, withIntegrations } from '../scenario-integrations';
import { outcome, type Scenario } from '../scenario';
import { compareDeliveries } from '../statsig-record';
import { eventId } from '../traffic';

/** Allowed p99 ratio of the unaffected integration. Two identical measurements differ by this much on a busy machine. */
const p99Tolerance = 2;
/** A change of an integration takes effect within two seconds. */
const integrationSeenMs = 2_500;
export const poisonEvents: Scenario = {
  name: '1 % poison events, dead-lettered, then redriven',
  isShort: true,
  run: (settings) =>
    withPipeline(settings, {}, async (pipeline) => {
      const bad = new Set(
        Array.from({ length: settings.events / 100 }, (_, i) =>
          eventId('e', (i * 17) % settings.customers, i % Math.floor(settings.events / settings.customers)),
        ),
      );
      await pipeline.statsig.faults(
        ...[...bad].map((id) => ({ kind: 'status', status: 400, match: { eventId: id } })),
      );
      await pipeline.dispatchers.scaleTo(2);
      await pipeline.produce();
      const drained = await pipeline.drain();
      const good = new Set([...pipeline.expected].filter((id) => !bad.has(id)));
      const before = { ...drained, ...compareDeliveries(good, await pipeline.statsig.events()) };
      const letters = (await pipeline.receipts()).filter((one) => one.outcome === 'dead_lettered');
      const reasons = [...new Set(letters.map(({ reason }) => reason))];
      // After a rebalance, an event may be dead-lettered again.
      const deadLettered = new Set(letters.map((one) => one.eventId));

      await pipeline.statsig.faults();
      await pipeline.cli('dead-letters', 'redrive', '--reason', 'statsig_400');
      const after = await pipeline.drain();
      return outcome(before, {
        notes: [
          `${String(deadLettered.size)} dead-lettered with ${reasons.join(', ')}; all delivered after the redrive`,
        ],
        failures: [
          ...(deadLettered.size === bad.size
            ? []
            : [`${String(deadLettered.size)} dead-lettered instead of ${String(bad.size)}`]),
          ...(after.lost.length === 0
            ? []
            : [`${String(after.lost.length)} not delivered after the redrive`]),
          ...(after.repeats.length === 0
            ? []
            : [`${String(after.repeats.length)} repeats after the redrive`]),
        ],
      });
    }),
};

export const revokedIntegration: Scenario = {
  name: 'one of two integrations revoked for a while',
  run: (settings) =>
    withIntegrations(settings, {}, async (pipeline, integrations) => {
      const other = uniqueProject('other');
      await integrations.save({ projectId: other, serverSecret: 'first-secret', format: 'log_event' });
      const half = { events: settings.events / 4, overMs: 15_000 };
      await pipeline.statsig.faults({ kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } });
      await pipeline.statsig.keys(statsigKey, 'first-secret');
      await pipeline.dispatchers.scaleTo(2);
      await pipeline.dispatchers.ready();
      await warmUp(pipeline);
      await Promise.all([
        pipeline.produce({ ...half, prefix: 'calm-' }),
        pipeline.produce({ ...half, prefix: 'other1-', projectId: other }),
      ]);
      await pipeline.statsig.keys(statsigKey);
      await Promise.all([
        pipeline.produce({ ...half, prefix: 'revoked-' }),
        pipeline.produce({ ...half, prefix: 'other2-', projectId: other }),
      ]);
      await pause(3_000);
      const early = (await pipeline.statsig.events()).filter(({ id }) => id.startsWith('other2-')).length;
      await pipeline.statsig.keys(statsigKey, 'second-secret');
      await integrations.save({ projectId: other, serverSecret: 'second-secret', format: 'log_event' });
      const result = await pipeline.drain();
      const receipts = await pipeline.receipts();
      const { ratio, text } = p99Ratio(receipts, 'revoked-', 'calm-');
      return outcome(result, {
        notes: [`p99 of the unaffected integration while the other was revoked ÷ before: ${text}`],
        failures: [
          ...(early === 0 ? [] : [`${String(early)} events were accepted with a revoked key`]),
          ...(ratio <= p99Tolerance
            ? []
            : [`the p99 of the unaffected integration rose by a factor of ${ratio.toFixed(1)}`]),
        ],
      });
    }),
};

export const slowIntegrations: Scenario = {
  name: 'two of three integrations become slow: one is limited to 40 requests per second, one gets responses after 4 s',
  run: (settings) =>
    withIntegrations(settings, {}, async (pipeline, integrations) => {
      const limited = {
        projectId: uniqueProject('limited'),
        serverSecret: statsigKey,
        format: 'revenuecat' as const,
      };
      const late = {
        projectId: uniqueProject('late'),
        serverSecret: 'late-secret',
        format: 'log_event' as const,
      };
      await integrations.save(limited);
      await integrations.save(late);
      await pipeline.statsig.keys(statsigKey, late.serverSecret);
      const latency = { kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 20 } };
      await pipeline.statsig.faults(latency);
      await pipeline.dispatchers.scaleTo(3);
      await pipeline.dispatchers.ready();
      await warmUp(pipeline);
      const load = { events: Math.ceil(settings.events / 6), overMs: 20_000 };
      // The load is the same before and after, so that only the slowness makes a difference.
      const produce = (phase: string): Promise<unknown> =>
        Promise.all([
          pipeline.produce({ ...load, prefix: `${phase}-third-` }),
          pipeline.produce({ ...load, prefix: `${phase}-limited-`, ...projectOf(limited) }),
          pipeline.produce({ ...load, prefix: `${phase}-late-`, ...projectOf(late) }),
        ]);
      await produce('calm');
      await pipeline.drain();
      await integrations.save({ ...limited, maxRequestsPerSecond: 40 });
      await pipeline.statsig.faults(
        { kind: 'latency', latency: { shape: 'fixed', ms: 4_000 }, match: { key: late.serverSecret } },
        latency,
      );
      await pause(integrationSeenMs);
      await produce('slow');
      const result = await pipeline.drain();
      const receipts = await pipeline.receipts();
      const { ratio, text } = p99Ratio(receipts, 'slow-third-', 'calm-third-');
      return outcome(result, {
        notes: [`p99 of the third while the others are slow ÷ before: ${text}`],
        failures:
          ratio <= p99Tolerance ? [] : [`the p99 of the third rose by a factor of ${ratio.toFixed(1)}`],
      });
    }),
};

function projectOf({ projectId, format }: { projectId: string; format: 'revenuecat' | 'log_event' }) {
  return { projectId, format };
}

export const secretRotation: Scenario = {
  name: 'the secret replaced under load: Statsig accepts both for a while, then only the new one',
  run: (settings) =>
    withIntegrations(settings, {}, async (pipeline, integrations) => {
      const { projectId, format } = pipeline;
      await integrations.save({ projectId, serverSecret: 'old-secret', format });
      await pipeline.statsig.faults({ kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } });
      await pipeline.statsig.keys('old-secret');
      await pipeline.dispatchers.scaleTo(2);
      await pipeline.dispatchers.ready();
      const produced = pipeline.produce({ overMs: 20_000 });
      await pause(5_000);
      await pipeline.statsig.keys('old-secret', 'new-secret');
      await integrations.save({ projectId, serverSecret: 'new-secret', format });
      await pause(5_000);
      await pipeline.statsig.keys('new-secret');
      await produced;
      const result = await pipeline.drain();
      const rejected = (await pipeline.receipts()).filter(({ outcome: what }) => what !== 'delivered').length;
      return outcome(result, {
        notes: [`${String(rejected)} attempts were rejected`],
        failures:
          rejected === 0 ? [] : [`${String(rejected)} attempts failed although a valid secret existed`],
      });
    }),
};
