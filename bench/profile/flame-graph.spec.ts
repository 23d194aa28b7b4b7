import { type CpuProfile, framesOf } from './cpu-profile';
import { flameGraph } from './flame-graph';

const node = (id: number, functionName: string, url = '', children: number[] = []) => ({
  id,
  callFrame: { functionName, url },
  children,
});

/** `map` is called from two places of `read`. */
const profile: CpuProfile = {
  nodes: [
    node(1, '(root)', '', [2, 6]),
    node(2, 'read', 'file:///x/node_modules/kafkajs/src/consumer.js', [3, 4]),
    node(3, 'map', 'file:///x/dist/libs/mapping/src/map-event.js'),
    node(4, 'map', 'file:///x/dist/libs/mapping/src/map-event.js', [5]),
    node(5, 'write', 'node:net'),
    node(6, '(idle)'),
  ],
  samples: [2, 3, 4, 5, 6],
  timeDeltas: [100, 200, 300, 400, 9_000],
};

it('sums up the time by stack, without idle time', () => {
  const root = framesOf(profile);
  expect(root.micros).toBe(1_000);
  const [read] = root.callees;
  expect(read).toMatchObject({ name: 'read', module: 'kafkajs', micros: 1_000 });
  expect(read?.callees).toEqual([
    {
      name: 'map',
      module: 'libs/mapping/src/map-event',
      micros: 900,
      callees: [{ name: 'write', module: 'node:net', micros: 400, callees: [] }],
    },
  ]);
});

it('draws a frame as wide as its share', () => {
  const svg = flameGraph('mapper <1>', framesOf(profile));
  expect(svg).toContain('mapper &lt;1&gt;');
  expect(svg).toContain('<title>map libs/mapping/src/map-event: 90.0 %</title>');
  expect(svg).toMatch(/<title>write node:net: 40.0 %<\/title><rect x="0.0" y="\d+" width="480.0"/);
});
