import { type ProcessUsage } from '../process-usage';

export const processNames = [
  'ingest',
  'mapper',
  'dispatcher',
  'console',
  'Kafka',
  'Redis',
  'sender',
  'receiver',
] as const;

export type ProcessName = (typeof processNames)[number];

/** Undefined for a process whose usage the system does not report, or which runs elsewhere, for example in a container. */
export type Usage = Record<ProcessName, ProcessUsage | undefined>;

export interface Cost {
  /** Processor time for each event, in microseconds. */
  cpuMicros: number;
  /** Largest resident memory of all samples, in bytes. */
  residentBytes: number;
}

export type Costs = Partial<Record<ProcessName, Cost | undefined>>;

/** The cost of the events between the first and the last sample. Processes that were not measured in all samples are absent. */
export function costsOf(samples: readonly Usage[], events: number): Costs {
  const costs: Costs = {};
  for (const name of processNames) {
    const usages = samples.map((sample) => sample[name]).filter((usage) => usage !== undefined);
    const [first] = usages;
    const last = usages.at(-1);
    if (first === undefined || last === undefined || usages.length < samples.length) continue;
    costs[name] = {
      cpuMicros: (1_000 * (last.cpuMs - first.cpuMs)) / events,
      residentBytes: Math.max(...usages.map(({ residentBytes }) => residentBytes)),
    };
  }
  return costs;
}
