import { parseCpuMs, parseResidentBytes } from './process-usage';

it('adds user and system time, also if the name of the program contains spaces and parentheses', () => {
  const stat = '4321 (a (b) c) S 1 4321 4321 0 -1 4194304 100 0 0 0 250 50 7 8 20 0 11 0 123456 1000000 2000';
  expect(parseCpuMs(stat)).toBe(3_000);
});

it('reads the resident memory, which a process that has ended does not have', () => {
  expect(parseResidentBytes('Name:\tnode\nVmHWM:\t   900 kB\nVmRSS:\t   512 kB\n')).toBe(524_288);
  expect(parseResidentBytes('Name:\tnode\nState:\tZ (zombie)\n')).toBe(0);
});
