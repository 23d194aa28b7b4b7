import fc from 'fast-check';
import { type Fault, SimulatedWorld } from '../../test/simulated-world';

/** What must hold whatever happens: an event's order within its customer, and its id in the log. */
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
        world.produce({ eventId, customerKey: customer });
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
  fc.constantFrom(1, 10, 300, 3_000, 19_000).map((ms) =>
    act(`pass ${String(ms)} ms`, (world) => {
      world.pass(ms);
    }),
  ),
  fc
    .constantFrom<Fault>('none', 'none', 'refuse', 'take_and_lose_answer', 'lose_request', 'unauthorized')
    .map((fault) => act(`fault ${fault}`, (world) => (world.fault = fault))),
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
];

function expectNoUnexcusedRepeat(world: SimulatedWorld): void {
  const seen = new Set<string>();
  for (const id of world.accepted) {
    if (seen.has(id) && !world.excused.has(id)) throw new Error(`${id} was delivered twice without excuse`);
    seen.add(id);
  }
}

function firstAcceptances(world: SimulatedWorld, customer: string): string[] {
  const ofCustomer = new Set(
    world.log.filter(({ customerKey }) => customerKey === customer).map(({ eventId }) => eventId),
  );
  return [...new Set(world.accepted)].filter((id) => ofCustomer.has(id));
}

function expectAllDeliveredInOrder(world: SimulatedWorld): void {
  expect(world.settleAll()).toBe(true);
  expectNoUnexcusedRepeat(world);
  for (const customer of customers) {
    const wanted = [
      ...new Set(
        world.log.filter(({ customerKey }) => customerKey === customer).map(({ eventId }) => eventId),
      ),
    ].filter((id) => !world.poison.has(id));
    expect(firstAcceptances(world, customer)).toEqual(wanted);
  }
  const poisonInLog = new Set(world.log.map(({ eventId }) => eventId).filter((id) => world.poison.has(id)));
  expect(world.deadLetters).toEqual(poisonInLog);
}

describe.each(['revenuecat', 'log_event'] as const)(
  'dispatching in format %s, crashed at any step',
  (format) => {
    it('loses nothing, keeps each customer in order, and repeats only what was accepted and not yet marked', () => {
      fc.assert(
        fc.property(fc.commands(commands, { maxCommands: 120, size: 'max' }), (run) => {
          const world = new SimulatedWorld(format);
          fc.modelRun(() => ({ model: { produced: 0 }, real: world }), run);
          expectAllDeliveredInOrder(world);
        }),
        { numRuns: 500 },
      );
    });
  },
);
