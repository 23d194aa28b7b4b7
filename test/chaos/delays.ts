import { type Receipt } from '@app/delivery';
import { type ChaosPipeline } from './chaos-pipeline';

export interface Delays {
  /** Time from the arrival of an event to its delivery, in ms. */
  p99: number;
  max: number;
}

/** Delays of the delivered events whose ids start with `prefix`. */
export function delays(receipts: readonly Receipt[], prefix: string): Delays {
  const waitedMs = receipts
    .filter(({ outcome, eventId }) => outcome === 'delivered' && eventId.startsWith(prefix))
    .map(({ sinceReceivedMs = 0 }) => sinceReceivedMs)
    .sort((a, b) => a - b);
  return { p99: waitedMs[Math.floor(waitedMs.length * 0.99)] ?? NaN, max: waitedMs.at(-1) ?? NaN };
}

/** The ratio of the p99 delays of the events with two prefixes. */
export function p99Ratio(receipts: readonly Receipt[], prefix: string, reference: string) {
  const [one, other] = [delays(receipts, prefix).p99, delays(receipts, reference).p99];
  const ratio = one / other;
  return { ratio, text: `${ratio.toFixed(2)} (${String(one)} ÷ ${String(other)} ms)` };
}

/** Delivers events that are not measured, because the first ones wait for connections and compilation. */
export async function warmUp(pipeline: ChaosPipeline): Promise<void> {
  await pipeline.produce({ events: pipeline.settings.events / 20, overMs: 5_000, prefix: 'warm-' });
  await pipeline.drain();
}
