import { type Cost, type Costs, type ProcessName, processNames } from './cost';

/** A column of the table: a load, and its costs. */
export interface LoadCosts {
  title: string;
  costs: Costs;
}

/** The parts of the load generator, which a real pipeline does not have. */
const generator: readonly ProcessName[] = ['sender', 'receiver'];

/** Markdown tables of the processor time of an event, and of the memory, by process. */
export function costTable(loads: readonly LoadCosts[]): string {
  if (loads.every(({ costs }) => Object.keys(costs).length === 0))
    return 'Processor time and memory were not measured, because this system has no /proc.';
  const own = processNames.filter((name) => !generator.includes(name));
  const head = `| ${['', ...loads.map(({ title }) => title)].join(' | ')} |\n| --- | ${loads.map(() => '---:').join(' | ')} |`;
  const row = (title: string, cell: (costs: Costs) => number | undefined): string =>
    `| ${[title, ...loads.map(({ costs }) => cell(costs)?.toFixed(0) ?? 'not measured')].join(' | ')} |`;
  const rows = (pick: (cost: Cost) => number): string =>
    processNames
      .map((name) =>
        row(generator.includes(name) ? `${name} (of the benchmark)` : name, ({ [name]: cost }) =>
          cost === undefined ? undefined : pick(cost),
        ),
      )
      .join('\n');
  const total = (costs: Costs): number | undefined => {
    const all = own.map((name) => costs[name]?.cpuMicros);
    return all.includes(undefined) ? undefined : all.reduce<number>((sum, micros = 0) => sum + micros, 0);
  };
  return `Processor time of an event, in µs:

${head}
${rows(({ cpuMicros }) => cpuMicros)}
${row('total without the benchmark', total)}

Resident memory at its highest, in MiB:

${head}
${rows(({ residentBytes }) => residentBytes / 2 ** 20)}`;
}
