import { stripVTControlCharacters } from 'node:util';
import { stageStatus } from './status';
import { ageText, statusText } from './status-text';

const at = (atMs: number, position?: { committed: number; end: number; lag: number }) => ({ atMs, position });

describe('the status of a stage', () => {
  it('has rates from two positions, and the age of the oldest event', () => {
    const before = at(1_000, { committed: 100, end: 110, lag: 10 });
    const after = at(3_000, { committed: 150, end: 180, lag: 30 });
    expect(stageStatus(before, after, 7_000, 10_000)).toEqual({
      writtenPerSecond: 35,
      finishedPerSecond: 25,
      lag: 30,
      oldestAgeMs: 3_000,
    });
  });

  it('is unknown where positions are unknown', () => {
    const known = at(3_000, { committed: 0, end: 1, lag: 1 });
    expect(stageStatus(at(1_000), known, undefined, 0)).toEqual({
      writtenPerSecond: null,
      finishedPerSecond: null,
      lag: 1,
      oldestAgeMs: null,
    });
    expect(stageStatus(known, at(4_000), undefined, 0)).toMatchObject({ lag: null, oldestAgeMs: null });
  });

  it('has no negative rates after offsets were reset, and no age if nothing waits', () => {
    const [before, after] = [
      at(0, { committed: 9, end: 9, lag: 0 }),
      at(1_000, { committed: 0, end: 0, lag: 0 }),
    ];
    expect(stageStatus(before, after, undefined, 0)).toMatchObject({ finishedPerSecond: 0, oldestAgeMs: 0 });
  });
});

it.each([
  [0, '0 s'],
  [59_400, '59 s'],
  [3_600_000, '1 h'],
  [7_503_000, '2 h 5 min'],
  [90_000_000, '1 d 1 h'],
])('writes %d ms as %s', (ms, text) => {
  expect(ageText(ms)).toBe(text);
});

it('fits the status on one screen', () => {
  const stage = { writtenPerSecond: 1_234.5, finishedPerSecond: null, lag: 123_456, oldestAgeMs: 7_503_000 };
  const styled = statusText({
    atMs: Date.UTC(2026, 0, 1),
    rejectedWebhooks: [
      {
        projectId: 'shop',
        outcome: 'unauthorized',
        title: 'Wrong Authorization value',
        explanation: { meaning: '', remedy: 'Compare the values.' },
        count: 41,
        lastAtMs: Date.UTC(2026, 0, 1) - 12_000,
        detail: '',
      },
    ],
    mapper: stage,
    projects: [{ projectId: 'shop', state: 'suspended', detail: 'x'.repeat(300), ...stage }],
    deadLettersLastHour: { 'revenuecat.dead-letter': 2, 'statsig.dead-letter': null },
    apps: [{ name: 'ingest', url: 'http://10.0.0.1:9464', health: 'not ready', detail: 'Kafka' }],
    problems: ['The console does not respond.'],
  });
  const text = stripVTControlCharacters(styled);
  expect(text).toContain(
    'Rejected webhooks of shop in the last 24 hours: 41 (unauthorized), the latest 12 s ago. Compare the values.',
  );
  expect(text).toMatch(/dispatcher .* shop .* suspended .* 1234\.5 .* unknown .* 123456 .* 2 h 5 min .*…/);
  expect(text).toContain('2 in revenuecat.dead-letter, unknown in statsig.dead-letter');
  expect(text).toMatch(/ingest .* not ready .* Kafka/);
  expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThan(160);
});
