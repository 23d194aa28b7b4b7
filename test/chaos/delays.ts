import { type Receipt } from '@app/delivery';
import { type Arena } from './arena';

export interface Delays {
  /** In ms, from an event's arrival to its delivery. */
  p99: number;
  max: number;
}

/** How long the delivered events whose ids begin with `prefix` took. */
export function delays(receipts: readonly Receipt[], prefix: string): Delays {
  const waitedMs = receipts
    .filter(({ outcome, eventId }) => outcome === 'delivered' && eventId.startsWith(prefix))
    .map(({ sinceReceivedMs = 0 }) => sinceReceivedMs)
    .sort((a, b) => a - b);
  return { p99: waitedMs[Math.floor(waitedMs.length * 0.99)] ?? NaN, max: waitedMs.at(-1) ?? NaN };
}

/** How many times longer 99 of 100 events took under one prefix than under another. */
export function p99Ratio(receipts: readonly Receipt[], prefix: string, reference: string) {
  const [one, other] = [delays(receipts, prefix).p99, delays(receipts, reference).p99];
  const ratio = one / other;
  return { ratio, text: `${ratio.toFixed(2)} (${String(one)} ÷ ${String(other)} ms)` };
}

/** Delivers events that are not measured: the first ones wait for connections and compilation. */
export async function warmUp(arena: Arena): Promise<void> {
  await arena.produce({ events: arena.settings.events / 20, overMs: 5_000, prefix: 'warm-' });
  await arena.settled();
}
