import { type ChaosSettings } from './chaos-pipeline';
import { type Tally } from './statsig-record';

export interface Outcome {
  tally: Tally;
  /** Maximum number of repeats that a crash or a lost response may have caused, as counted by the dispatchers or the scenario. */
  allowedRepeats: number;
  /** Measured values, for the table. */
  notes: string[];
  /** Violated expectations other than losses, repeats and order. */
  failures: string[];
}

export interface Scenario {
  name: string;
  /** Part of the short form, which `npm test` runs. */
  isShort?: boolean;
  run: (settings: ChaosSettings) => Promise<Outcome>;
}

export function outcome(tally: Tally, more: Partial<Omit<Outcome, 'tally'>> = {}): Outcome {
  return { tally, allowedRepeats: 0, notes: [], failures: [], ...more };
}

export function problemsOf({ tally, allowedRepeats, failures }: Outcome): string[] {
  const { exited, unwritten, lost, repeats, outOfOrder } = tally;
  return [
    ...(unwritten.length > 0
      ? [
          `${String(unwritten.length)} accepted webhooks are not in Kafka, for example ${unwritten.slice(0, 3).join(', ')}`,
        ]
      : []),
    ...(lost.length > 0 ? [`${String(lost.length)} lost, for example ${lost.slice(0, 3).join(', ')}`] : []),
    ...(repeats.length > allowedRepeats
      ? [
          `${String(repeats.length)} repeats, ${String(allowedRepeats)} allowed, for example ${repeats.slice(0, 3).join(', ')}`,
        ]
      : []),
    ...(outOfOrder.length > 0
      ? [
          `${String(outOfOrder.length)} customers out of order, for example ${outOfOrder.slice(0, 3).join(', ')}`,
        ]
      : []),
    ...(exited.length > 0 ? [`exited unexpectedly: ${exited.join(', ')}`] : []),
    ...failures,
  ];
}
