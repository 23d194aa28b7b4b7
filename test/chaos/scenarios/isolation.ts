import { inArena, pause, statsigKey } from '../arena';
import { p99Ratio, warmUp } from '../delays';
import { uniqueProject, withIntegrations } from '../kept-integrations';
import { outcome, type Scenario } from '../scenario';
import { arrivals } from '../statsig-record';
import { eventId } from '../traffic';

/** How much slower the untouched integration may be: what two measurements of the same differ by on a busy machine. */
const p99Tolerance = 2;
/** A change of an integration is in force after two seconds at most. */
const integrationSeenMs = 2_500;
export const poison: Scenario = {
  name: '1 % poison events, set aside, then redriven',
  isShort: true,
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      const bad = new Set(
        Array.from({ length: settings.events / 100 }, (_, i) =>
          eventId('e', (i * 17) % settings.customers, i % Math.floor(settings.events / settings.customers)),
        ),
      );
      await arena.statsig.faults(
        ...[...bad].map((id) => ({ kind: 'status', status: 400, match: { eventId: id } })),
      );
      await arena.dispatchers.scaleTo(2);
      await arena.produce();
      const settled = await arena.settled();
      const good = new Set([...arena.expected].filter((id) => !bad.has(id)));
      const before = { ...settled, ...arrivals(good, await arena.statsig.events()) };
      const letters = (await arena.receipts()).filter((one) => one.outcome === 'dead_lettered');
      const reasons = [...new Set(letters.map(({ reason }) => reason))];
      // A rebalance may have one set aside again.
      const setAside = new Set(letters.map((one) => one.eventId));

      await arena.statsig.faults();
      await arena.cli('dead-letters', 'redrive', '--reason', 'statsig_400');
      const after = await arena.settled();
      return outcome(before, {
        notes: [
          `${String(setAside.size)} set aside for ${reasons.join(', ')}; all delivered after the redrive`,
        ],
        failures: [
          ...(setAside.size === bad.size
            ? []
            : [`${String(setAside.size)} set aside instead of ${String(bad.size)}`]),
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

export const revoked: Scenario = {
  name: 'one of two integrations revoked for a while',
  run: (settings) =>
    withIntegrations(settings, {}, async (arena, integrations) => {
      const other = uniqueProject('other');
      await integrations.save({ projectId: other, serverSecret: 'first-secret', format: 'log_event' });
      const half = { events: settings.events / 4, overMs: 15_000 };
      await arena.statsig.faults({ kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } });
      await arena.statsig.keys(statsigKey, 'first-secret');
      await arena.dispatchers.scaleTo(2);
      await arena.dispatchers.ready();
      await warmUp(arena);
      await Promise.all([
        arena.produce({ ...half, prefix: 'calm-' }),
        arena.produce({ ...half, prefix: 'other1-', projectId: other }),
      ]);
      await arena.statsig.keys(statsigKey);
      await Promise.all([
        arena.produce({ ...half, prefix: 'revoked-' }),
        arena.produce({ ...half, prefix: 'other2-', projectId: other }),
      ]);
      await pause(3_000);
      const meanwhile = (await arena.statsig.events()).filter(({ id }) => id.startsWith('other2-')).length;
      await arena.statsig.keys(statsigKey, 'second-secret');
      await integrations.save({ projectId: other, serverSecret: 'second-secret', format: 'log_event' });
      const result = await arena.settled();
      const receipts = await arena.receipts();
      const { ratio, text } = p99Ratio(receipts, 'revoked-', 'calm-');
      return outcome(result, {
        notes: [`p99 of the other while this one was refused ÷ before: ${text}`],
        failures: [
          ...(meanwhile === 0 ? [] : [`${String(meanwhile)} events were taken with a revoked key`]),
          ...(ratio <= p99Tolerance ? [] : [`the other’s p99 rose by ${ratio.toFixed(1)} times`]),
        ],
      });
    }),
};

export const slow: Scenario = {
  name: 'two of three integrations become slow: one may send 40 requests per second, one is answered after 4 s',
  run: (settings) =>
    withIntegrations(settings, {}, async (arena, integrations) => {
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
      await arena.statsig.keys(statsigKey, late.serverSecret);
      const latency = { kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 20 } };
      await arena.statsig.faults(latency);
      await arena.dispatchers.scaleTo(3);
      await arena.dispatchers.ready();
      await warmUp(arena);
      const load = { events: Math.ceil(settings.events / 6), overMs: 20_000 };
      // The same load before and after: the difference is what slowness does, not what more work does.
      const produce = (phase: string): Promise<unknown> =>
        Promise.all([
          arena.produce({ ...load, prefix: `${phase}-third-` }),
          arena.produce({ ...load, prefix: `${phase}-limited-`, ...projectOf(limited) }),
          arena.produce({ ...load, prefix: `${phase}-late-`, ...projectOf(late) }),
        ]);
      await produce('calm');
      await arena.settled();
      await integrations.save({ ...limited, maxRequestsPerSecond: 40 });
      await arena.statsig.faults(
        { kind: 'latency', latency: { shape: 'fixed', ms: 4_000 }, match: { key: late.serverSecret } },
        latency,
      );
      await pause(integrationSeenMs);
      await produce('slow');
      const result = await arena.settled();
      const receipts = await arena.receipts();
      const { ratio, text } = p99Ratio(receipts, 'slow-third-', 'calm-third-');
      return outcome(result, {
        notes: [`p99 of the third while the others are slow ÷ before: ${text}`],
        failures: ratio <= p99Tolerance ? [] : [`the third’s p99 rose by ${ratio.toFixed(1)} times`],
      });
    }),
};

function projectOf({ projectId, format }: { projectId: string; format: 'revenuecat' | 'log_event' }) {
  return { projectId, format };
}

export const rotated: Scenario = {
  name: 'the secret replaced under load: Statsig takes both for a while, then only the new one',
  run: (settings) =>
    withIntegrations(settings, {}, async (arena, integrations) => {
      const { projectId, format } = arena;
      await integrations.save({ projectId, serverSecret: 'old-secret', format });
      await arena.statsig.faults({ kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } });
      await arena.statsig.keys('old-secret');
      await arena.dispatchers.scaleTo(2);
      await arena.dispatchers.ready();
      const produced = arena.produce({ overMs: 20_000 });
      await pause(5_000);
      await arena.statsig.keys('old-secret', 'new-secret');
      await integrations.save({ projectId, serverSecret: 'new-secret', format });
      await pause(5_000);
      await arena.statsig.keys('new-secret');
      await produced;
      const result = await arena.settled();
      const refused = (await arena.receipts()).filter(({ outcome: what }) => what !== 'delivered').length;
      return outcome(result, {
        notes: [`${String(refused)} attempts were refused`],
        failures: refused === 0 ? [] : [`${String(refused)} attempts failed, though a good secret was there`],
      });
    }),
};
