import { type Arena, type ArenaOptions, type ArenaSettings, inArena } from './arena';
import { type Outcome, outcome } from './scenario';

export interface Load extends ArenaOptions {
  /** How long the scenario's events take; more follow at this rate until `disturb` has ended. */
  overMs: number;
}

/** Posts webhooks to the whole pipeline at an even rate while `disturb` runs, and waits until all are delivered. */
export function underLoad(
  settings: ArenaSettings,
  { overMs, ...options }: Load,
  disturb: (arena: Arena) => Promise<void>,
): Promise<Outcome> {
  return inArena(settings, options, async (arena) => {
    await arena.startPipeline();
    const disturbance = disturb(arena);
    const perSecond = settings.events / (overMs / 1_000);
    await allEnded(disturbance, arena.post({ perSecond, during: disturbance }));
    const ended = performance.now();
    const tally = await arena.settled();
    const seconds = Math.round((performance.now() - ended) / 1_000);
    return outcome(tally, {
      notes: [
        `${String(arena.webhooks.accepted.size)} webhooks accepted, ${String(arena.webhooks.failures)} attempts failed; all delivered ${String(seconds)} s after the last`,
      ],
    });
  });
}

/** What goes on after the other has failed would meet the next scenario. */
export async function allEnded(...promises: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) {
    if (result.status === 'rejected') throw result.reason;
  }
}
