import { type ChaosSettings } from './chaos-pipeline';
import { type PipelineResult } from './statsig-record';

export interface ScenarioOutcome {
  result: PipelineResult;
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
  run: (settings: ChaosSettings) => Promise<ScenarioOutcome>;
}

export function outcome(
  result: PipelineResult,
  more: Partial<Omit<ScenarioOutcome, 'result'>> = {},
): ScenarioOutcome {
  return { result, allowedRepeats: 0, notes: [], failures: [], ...more };
}

export function problemsOf({ result, allowedRepeats, failures }: ScenarioOutcome): string[] {
  const { exited, unwritten, lost, repeats, outOfOrder } = result;
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
