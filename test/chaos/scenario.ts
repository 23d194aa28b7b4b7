import { type ArenaSettings } from './arena';
import { type Tally } from './statsig-record';

export interface Outcome {
  tally: Tally;
  /** Repeats that a crash or a lost answer may have caused, by what the dispatchers or the scenario count; 0 where none may. */
  allowedRepeats: number;
  /** What was measured, for the table. */
  notes: string[];
  /** What was not as it must be, beside losses, repeats and order. */
  failures: string[];
}

export interface Scenario {
  name: string;
  /** Part of the short form in `npm test`. */
  isShort?: boolean;
  run: (settings: ArenaSettings) => Promise<Outcome>;
}

export function outcome(tally: Tally, more: Partial<Omit<Outcome, 'tally'>> = {}): Outcome {
  return { tally, allowedRepeats: 0, notes: [], failures: [], ...more };
}

export function problemsOf({ tally, allowedRepeats, failures }: Outcome): string[] {
  const { exited, unwritten, lost, repeats, outOfOrder } = tally;
  return [
    ...(unwritten.length > 0
      ? [
          `${String(unwritten.length)} accepted webhooks are not in Kafka, such as ${unwritten.slice(0, 3).join(', ')}`,
        ]
      : []),
    ...(lost.length > 0 ? [`${String(lost.length)} lost, such as ${lost.slice(0, 3).join(', ')}`] : []),
    ...(repeats.length > allowedRepeats
      ? [
          `${String(repeats.length)} repeats where ${String(allowedRepeats)} are allowed, such as ${repeats.slice(0, 3).join(', ')}`,
        ]
      : []),
    ...(outOfOrder.length > 0
      ? [`${String(outOfOrder.length)} customers out of order, such as ${outOfOrder.slice(0, 3).join(', ')}`]
      : []),
    ...(exited.length > 0 ? [`ended by themselves: ${exited.join(', ')}`] : []),
    ...failures,
  ];
}
