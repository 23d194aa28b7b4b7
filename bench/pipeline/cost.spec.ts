import { costsOf, type Usage } from './cost';

const mebibyte = 2 ** 20;
const absent = {
  ingest: undefined,
  mapper: undefined,
  dispatcher: undefined,
  console: undefined,
  Kafka: undefined,
  Redis: undefined,
  sender: undefined,
  receiver: undefined,
};

it('divides the processor time between the first and the last sample by the events, and finds the largest memory', () => {
  const samples: Usage[] = [
    { ...absent, mapper: { cpuMs: 1_000, residentBytes: 100 * mebibyte } },
    { ...absent, mapper: { cpuMs: 1_100, residentBytes: 150 * mebibyte } },
    { ...absent, mapper: { cpuMs: 1_300, residentBytes: 120 * mebibyte } },
  ];
  expect(costsOf(samples, 1_000)).toEqual({ mapper: { cpuMicros: 300, residentBytes: 150 * mebibyte } });
});

it('omits a process that some sample does not contain', () => {
  const samples: Usage[] = [{ ...absent, Kafka: { cpuMs: 1_000, residentBytes: mebibyte } }, absent];
  expect(costsOf(samples, 1_000)).toEqual({});
});
