import { type ChaosPipeline, type PipelineOptions, type ChaosSettings, withPipeline } from './chaos-pipeline';
import { type ScenarioOutcome, outcome } from './scenario';

export interface Load extends PipelineOptions {
  /** Time over which the scenario's events are posted; more follow at this rate until `disturb` has finished. */
  overMs: number;
}

/** Posts webhooks to the whole pipeline at a constant rate while `disturb` runs, and waits until all are delivered. */
export function underLoad(
  settings: ChaosSettings,
  { overMs, ...options }: Load,
  disturb: (pipeline: ChaosPipeline) => Promise<void>,
): Promise<ScenarioOutcome> {
  return withPipeline(settings, options, async (pipeline) => {
    await pipeline.startApps();
    const disturbance = disturb(pipeline);
    const perSecond = settings.events / (overMs / 1_000);
    await allEnded(disturbance, pipeline.post({ perSecond, during: disturbance }));
    const ended = performance.now();
    const result = await pipeline.drain();
    const seconds = Math.round((performance.now() - ended) / 1_000);
    return outcome(result, {
      notes: [
        `${String(pipeline.webhooks.accepted.size)} webhooks accepted, ${String(pipeline.webhooks.failures)} attempts failed; all delivered ${String(seconds)} s after the last`,
      ],
    });
  });
}

/** Waits for all promises even if one rejects, because the others would otherwise run into the next scenario. */
export async function allEnded(...promises: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) {
    if (result.status === 'rejected') throw result.reason;
  }
}
