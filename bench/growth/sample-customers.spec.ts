import { knownCustomerAt } from './sample-customers';

it('uses every customer once in each round', () => {
  const events = Array.from({ length: 2_000 }, (_, n) => knownCustomerAt(n, 1_000, 5));
  expect(new Set(events.slice(0, 1_000).map(({ customer }) => customer)).size).toBe(1_000);
  expect(new Set(events.map(({ customer, round }) => `${String(customer)}/${String(round)}`)).size).toBe(
    2_000,
  );
  expect(events.at(0)?.round).toBe(5);
  expect(events.at(-1)?.round).toBe(6);
});

it('spreads a few events over all customers', () => {
  const few = Array.from({ length: 1_000 }, (_, n) => knownCustomerAt(n, 3_000_000, 1).customer);
  const tenths = new Set(few.map((customer) => Math.floor(customer / 300_000)));
  expect(tenths.size).toBe(10);
});
