import fc from 'fast-check';
import { type Fault, SimulatedWorld, type WorldOptions } from '../../test/simulated-world';

interface Model {
  produced: number;
}

type WorldCommand = fc.Command<Model, SimulatedWorld>;

const act = (name: string, run: (world: SimulatedWorld, model: Model) => void): WorldCommand => ({
  check: () => true,
  run: (model, world) => {
    run(world, model);
    expectNoUnexcusedRepeat(world);
  },
  toString: () => name,
});

const customers = ['anna', 'ben', 'cleo'];

const commands = [
  fc
    .record({ customer: fc.constantFrom(...customers), isPoison: fc.boolean() })
    .map(({ customer, isPoison }) =>
      act(`produce for ${customer}${isPoison ? ' (poison)' : ''}`, (world, model) => {
        model.produced += 1;
        const eventId = `event-${String(model.produced)}`;
        if (isPoison && model.produced % 2 === 0) world.poison.add(eventId);
        world.produce({ eventId, orderKey: customer });
      }),
    ),
  fc.nat({ max: 50 }).map((back) =>
    act(`produce a copy of an earlier one (${String(back)})`, (world) => {
      const copy = world.log[world.log.length - 1 - back];
      if (copy !== undefined) world.produce({ ...copy });
    }),
  ),
  ...[1, 2, 3].map(() =>
    fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 25 }).map((choices) =>
      act(`steps ${choices.join(',')}`, (world) => {
        for (const choice of choices) world.step(choice);
      }),
    ),
  ),
  fc.constantFrom(1, 10, 300, 3_000, 19_000, 61_000).map((ms) =>
    act(`pass ${String(ms)} ms`, (world) => {
      world.pass(ms);
    }),
  ),
  fc
    .constantFrom<Fault>('none', 'none', 'refuse', 'accept_and_lose_response', 'lose_request', 'unauthorized')
    .map((fault) => act(`fault ${fault}`, (world) => (world.fault = fault))),
  fc
    .constantFrom(1, 5)
    .map((count) => act(`postpone ${String(count)} requests`, (world) => (world.postponements = count))),
  fc.boolean().map((isServed) =>
    act(isServed ? 'serve' : 'pause', (world) => {
      world.serve(isServed);
    }),
  ),
  fc.constant(
    act('crash', (world) => {
      world.crash();
    }),
  ),
  fc.constant(
    act('rebalance', (world) => {
      world.rebalance();
    }),
  ),
  fc.constant(
    act('stall', (world) => {
      world.stall();
    }),
  ),
];

function expectNoUnexcusedRepeat(world: SimulatedWorld): void {
  const seen = new Set<string>();
  for (const id of world.accepted) {
    if (seen.has(id) && !world.excused.has(id)) throw new Error(`${id} was delivered twice without excuse`);
    seen.add(id);
  }
}

const idsOf = (world: SimulatedWorld, customer: string): string[] => [
  ...new Set(world.log.filter(({ orderKey }) => orderKey === customer).map(({ eventId }) => eventId)),
];

function firstAcceptances(world: SimulatedWorld, customer: string): string[] {
  const ofCustomer = new Set(idsOf(world, customer));
  return [...new Set(world.accepted)].filter((id) => ofCustomer.has(id));
}

function expectAllDeliveredInOrder(world: SimulatedWorld): void {
  expect(world.completeAll()).toBe(true);
  expectNoUnexcusedRepeat(world);
  for (const customer of customers) {
    const delivered = firstAcceptances(world, customer);
    const wanted = idsOf(world, customer).filter((id) => !world.poison.has(id));
    // Only where ambiguous attempts are set aside may an event be missing, and then it is a dead letter.
    const set = new Set(delivered);
    const missing = wanted.filter((id) => !set.has(id));
    expect(missing.filter((id) => !world.deadLetters.has(id))).toEqual([]);
    if (world.options.onAmbiguous === 'retry') expect(missing).toEqual([]);
    expect(delivered).toEqual(wanted.filter((id) => set.has(id)));
  }
  const poisonInLog = world.log.map(({ eventId }) => eventId).filter((id) => world.poison.has(id));
  expect(poisonInLog.filter((id) => !world.deadLetters.has(id))).toEqual([]);
  if (world.options.onAmbiguous === 'retry') expect(world.deadLetters).toEqual(new Set(poisonInLog));
}

describe.each<WorldOptions>([
  { format: 'revenuecat', onAmbiguous: 'retry' },
  { format: 'log_event', onAmbiguous: 'retry' },
  { format: 'revenuecat', onAmbiguous: 'dead_letter' },
  { format: 'log_event', onAmbiguous: 'dead_letter' },
])('dispatching in format $format with onAmbiguous $onAmbiguous, crashed at any step', (options) => {
  it('loses nothing, keeps each customer in order, and repeats nothing without excuse', () => {
    fc.assert(
      fc.property(fc.commands(commands, { maxCommands: 120, size: 'max' }), (run) => {
        const world = new SimulatedWorld(options);
        fc.modelRun(() => ({ model: { produced: 0 }, real: world }), run);
        expectAllDeliveredInOrder(world);
      }),
      { numRuns: 500 },
    );
  });
});
