/** A CPU profile as V8 writes it: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
  nodes: readonly ProfileNode[];
  /** Id of the node that was executing, by sample. */
  samples: readonly number[];
  /** Time before each sample, in microseconds. */
  timeDeltas: readonly number[];
}

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string };
  children?: readonly number[];
}

/** A function with its callers, and the time that it took with all that it called. */
export interface Frame {
  name: string;
  /** The file or library that contains it; empty for what belongs to the engine, such as garbage collection. */
  module: string;
  micros: number;
  callees: Frame[];
}

/** Sums up a profile by stack. Time without work is left out. */
export function framesOf({ nodes, samples, timeDeltas }: CpuProfile): Frame {
  const selfMicros = new Map<number, number>();
  samples.forEach((id, i) => selfMicros.set(id, (selfMicros.get(id) ?? 0) + (timeDeltas[i] ?? 0)));
  const byId = new Map(nodes.map((node) => [node.id, node]));

  /** One frame of nodes that are the same function with the same callers: V8 has a node for each line of the caller. */
  const frameOf = (same: readonly [ProfileNode, ...ProfileNode[]]): Frame => {
    const called = same.flatMap(({ children = [] }) => children.flatMap((id) => byId.get(id) ?? []));
    const callees = [...Map.groupBy(called.filter(isWork), nameAndModule).values()].flatMap(
      ([first, ...rest]) => (first === undefined ? [] : [frameOf([first, ...rest])]),
    );
    const self = same.reduce((sum, { id }) => sum + (selfMicros.get(id) ?? 0), 0);
    const [{ callFrame }] = same;
    return {
      name: callFrame.functionName || '(anonymous)',
      module: moduleOf(callFrame.url),
      micros: callees.reduce((sum, { micros }) => sum + micros, self),
      callees,
    };
  };
  const [root] = nodes;
  if (root === undefined) throw new Error('The profile is empty.');
  return frameOf([root]);
}

const isWork = ({ callFrame }: ProfileNode): boolean => callFrame.functionName !== '(idle)';

const nameAndModule = ({ callFrame }: ProfileNode): string =>
  `${callFrame.functionName} ${moduleOf(callFrame.url)}`;

/** For example `node:net`, `kafkajs` or `apps/mapper/src/mapper.stage`. */
function moduleOf(url: string): string {
  const library = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  const own = /\/dist\/(.*)\.js$/.exec(url)?.[1];
  return library ?? own ?? (url.startsWith('node:') ? url : '');
}
