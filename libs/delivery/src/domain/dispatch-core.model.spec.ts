import fc from 'fast-check';
import { type Fault, type Poison, Simulation, type SimulationOptions } from '../../test/simulation';

interface Model {
  produced: number;
}

type SimulationCommand = fc.Command<Model, Simulation>;

const act = (name: string, run: (simulation: Simulation, model: Model) => void): SimulationCommand => ({
  check: () => true,
  run: (model, simulation) => {
    run(simulation, model);
    expectNoUnexcusedRepeat(simulation);
  },
  toString: () => name,
});

const customers = ['anna', 'ben', 'cleo', 'dora'];

const produceFor = (kind: fc.Arbitrary<Poison | undefined>) =>
  fc
    .record({ customer: fc.constantFrom(...customers), poison: kind, isSandbox: fc.boolean() })
    .map(({ customer, poison, isSandbox }) =>
      act(
        `produce ${isSandbox ? 'in the sandbox ' : ''}for ${customer}${poison === undefined ? '' : ` (poison: ${poison})`}`,
        (simulation, model) => {
          model.produced += 1;
          const eventId = `event-${String(model.produced)}`;
          if (poison !== undefined) simulation.poison.set(eventId, poison);
          simulation.produce({ eventId, orderKey: customer, ...(isSandbox && { isSandbox }) });
        },
      ),
    );

const commands = [
  ...[1, 2, 3].map(() => produceFor(fc.constant(undefined))),
  produceFor(fc.constantFrom<Poison>('reject', 'reject', 'unavailable', 'unauthorized')),
  fc.nat({ max: 50 }).map((back) =>
    act(`produce a copy of an earlier one (${String(back)})`, (simulation) => {
      const copy = simulation.log[simulation.log.length - 1 - back];
      if (copy !== undefined) simulation.produce({ ...copy });
    }),
  ),
  ...[1, 2, 3].map(() =>
    fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 25 }).map((choices) =>
      act(`steps ${choices.join(',')}`, (simulation) => {
        for (const choice of choices) simulation.step(choice);
      }),
    ),
  ),
  fc.constantFrom(1, 10, 300, 3_000, 19_000, 61_000).map((ms) =>
    act(`pass ${String(ms)} ms`, (simulation) => {
      simulation.pass(ms);
    }),
  ),
  fc
    .constantFrom<Fault>(
      ...['none' as const, 'none' as const, 'none' as const],
      ...['unavailable' as const, 'accept_and_lose_response' as const, 'lose_request' as const],
      ...['unauthorized' as const, 'sandbox_unauthorized' as const, 'reject' as const],
    )
    .map((fault) => act(`fault ${fault}`, (simulation) => (simulation.fault = fault))),
  fc
    .constantFrom(1, 5)
    .map((count) =>
      act(`postpone ${String(count)} requests`, (simulation) => (simulation.postponements = count)),
    ),
  fc.boolean().map((isServed) =>
    act(isServed ? 'serve' : 'pause', (simulation) => {
      simulation.serve(isServed);
    }),
  ),
  fc.boolean().map((hasSandboxSecret) =>
    act(`${hasSandboxSecret ? 'add' : 'remove'} the sandbox secret`, (simulation) => {
      simulation.setSandboxSecret(hasSandboxSecret);
    }),
  ),
  fc.nat({ max: 5 }).map((choice) =>
    act(`crash ${String(choice)}`, (simulation) => {
      simulation.crash(choice);
    }),
  ),
  fc.nat({ max: 5 }).map((choice) =>
    act(`rebalance ${String(choice)}`, (simulation) => {
      simulation.rebalance(choice);
    }),
  ),
  fc.nat({ max: 1 }).map((choice) =>
    act(`stall ${String(choice)}`, (simulation) => {
      simulation.stall(choice);
    }),
  ),
];

function expectNoUnexcusedRepeat(simulation: Simulation): void {
  const seen = new Set<string>();
  for (const id of simulation.accepted) {
    if (seen.has(id) && !simulation.excused.has(id))
      throw new Error(`${id} was delivered twice without excuse`);
    seen.add(id);
  }
}

const idsOf = (simulation: Simulation, customer: string): string[] => [
  ...new Set(simulation.log.filter(({ orderKey }) => orderKey === customer).map(({ eventId }) => eventId)),
];

function firstAcceptances(simulation: Simulation, customer: string): string[] {
  const ofCustomer = new Set(idsOf(simulation, customer));
  return [...new Set(simulation.accepted)].filter((id) => ofCustomer.has(id));
}

function expectAllDeliveredInOrder(simulation: Simulation): void {
  expect(simulation.completeAll()).toBe(true);
  expectNoUnexcusedRepeat(simulation);
  const isDeadLetter = (id: string): boolean => simulation.deadLetters.has(id);
  for (const customer of customers) {
    const wanted = idsOf(simulation, customer);
    const delivered = firstAcceptances(simulation, customer);
    const set = new Set(delivered);
    // The simulation has checked that every dead letter is justified.
    expect(wanted.filter((id) => !set.has(id) && !isDeadLetter(id))).toEqual([]);
    // A copy of a dead letter may be delivered later.
    expect(delivered.filter((id) => !isDeadLetter(id))).toEqual(wanted.filter((id) => !isDeadLetter(id)));
  }
  const poisonInLog = simulation.log.map(({ eventId }) => eventId).filter((id) => simulation.poison.has(id));
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
        const simulation = new Simulation(options);
        fc.modelRun(() => ({ model: { produced: 0 }, real: simulation }), run);
        expectAllDeliveredInOrder(simulation);
      }),
      { numRuns: 250 },
    );
  });
});
