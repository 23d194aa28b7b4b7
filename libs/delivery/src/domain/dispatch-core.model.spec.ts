import fc from 'fast-check';
import { type Fault, type Poison, Simulation, type SimulationOptions } from '../../test/simulation';

interface Model {
  produced: number;
}

type SimulationCommand = fc.Command<Model, Simulation>;

const act = (name: string, run: (world: Simulation, model: Model) => void): SimulationCommand => ({
  check: () => true,
  run: (model, world) => {
    run(world, model);
    expectNoUnexcusedRepeat(world);
  },
  toString: () => name,
});

const customers = ['anna', 'ben', 'cleo', 'dora'];

const produceFor = (kind: fc.Arbitrary<Poison | undefined>) =>
  fc.record({ customer: fc.constantFrom(...customers), poison: kind }).map(({ customer, poison }) =>
    act(`produce for ${customer}${poison === undefined ? '' : ` (poison: ${poison})`}`, (world, model) => {
      model.produced += 1;
      const eventId = `event-${String(model.produced)}`;
      if (poison !== undefined) world.poison.set(eventId, poison);
      world.produce({ eventId, orderKey: customer });
    }),
  );

const commands = [
  ...[1, 2, 3].map(() => produceFor(fc.constant(undefined))),
  produceFor(fc.constantFrom<Poison>('reject', 'reject', 'refuse', 'unauthorized')),
  fc.nat({ max: 50 }).map((back) =>
    act(`produce a copy of an earlier one (${String(back)})`, (world) => {
      const copy = world.log[world.log.length - 1 - back];
      if (copy !== undefined) world.produce({ ...copy });
    }),
  ),
  ...[1, 2, 3].map(() =>
    fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 25 }).map((choices) =>
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
    .constantFrom<Fault>(
      ...['none' as const, 'none' as const, 'none' as const],
      ...['refuse' as const, 'accept_and_lose_response' as const, 'lose_request' as const],
      ...['unauthorized' as const, 'reject' as const],
    )
    .map((fault) => act(`fault ${fault}`, (world) => (world.fault = fault))),
  fc
    .constantFrom(1, 5)
    .map((count) => act(`postpone ${String(count)} requests`, (world) => (world.postponements = count))),
  fc.boolean().map((isServed) =>
    act(isServed ? 'serve' : 'pause', (world) => {
      world.serve(isServed);
    }),
  ),
  fc.nat({ max: 5 }).map((choice) =>
    act(`crash ${String(choice)}`, (world) => {
      world.crash(choice);
    }),
  ),
  fc.nat({ max: 5 }).map((choice) =>
    act(`rebalance ${String(choice)}`, (world) => {
      world.rebalance(choice);
    }),
  ),
  fc.nat({ max: 1 }).map((choice) =>
    act(`stall ${String(choice)}`, (world) => {
      world.stall(choice);
    }),
  ),
];

function expectNoUnexcusedRepeat(world: Simulation): void {
  const seen = new Set<string>();
  for (const id of world.accepted) {
    if (seen.has(id) && !world.excused.has(id)) throw new Error(`${id} was delivered twice without excuse`);
    seen.add(id);
  }
}

const idsOf = (world: Simulation, customer: string): string[] => [
  ...new Set(world.log.filter(({ orderKey }) => orderKey === customer).map(({ eventId }) => eventId)),
];

function firstAcceptances(world: Simulation, customer: string): string[] {
  const ofCustomer = new Set(idsOf(world, customer));
  return [...new Set(world.accepted)].filter((id) => ofCustomer.has(id));
}

function expectAllDeliveredInOrder(world: Simulation): void {
  expect(world.completeAll()).toBe(true);
  expectNoUnexcusedRepeat(world);
  const isDeadLetter = (id: string): boolean => world.deadLetters.has(id);
  for (const customer of customers) {
    const wanted = idsOf(world, customer);
    const delivered = firstAcceptances(world, customer);
    const set = new Set(delivered);
    // The simulation has checked that every dead letter is justified.
    expect(wanted.filter((id) => !set.has(id) && !isDeadLetter(id))).toEqual([]);
    // A copy of a dead letter may be delivered later.
    expect(delivered.filter((id) => !isDeadLetter(id))).toEqual(wanted.filter((id) => !isDeadLetter(id)));
  }
  const poisonInLog = world.log.map(({ eventId }) => eventId).filter((id) => world.poison.has(id));
  expect(poisonInLog.filter((id) => !isDeadLetter(id))).toEqual([]);
}

describe.each<SimulationOptions>([
  { format: 'revenuecat', onAmbiguous: 'retry' },
  { format: 'log_event', onAmbiguous: 'retry' },
  { format: 'revenuecat', onAmbiguous: 'dead_letter' },
  { format: 'log_event', onAmbiguous: 'dead_letter' },
])('dispatching in format $format with onAmbiguous $onAmbiguous, crashed at any step', (options) => {
  it('loses nothing, keeps the order of each customer, and repeats nothing except where allowed', () => {
    fc.assert(
      fc.property(fc.commands(commands, { maxCommands: 120, size: 'max' }), (run) => {
        const world = new Simulation(options);
        fc.modelRun(() => ({ model: { produced: 0 }, real: world }), run);
        expectAllDeliveredInOrder(world);
      }),
      { numRuns: 250 },
    );
  });
});
