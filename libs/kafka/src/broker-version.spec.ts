import { releaseOf } from './broker-version';

describe('the release of a broker', () => {
  it.each([
    ['4.1', { 0: 13, 1: 18 }],
    ['3.9', { 0: 11, 1: 17 }],
    ['3.5', { 0: 9, 1: 15 }],
    ['2.8', { 0: 9, 1: 12 }],
    ['before 2.4', { 0: 7, 1: 11 }],
    ['4.1', { 0: 20, 1: 30 }],
  ])('is at least %s for the API versions %j', (release, versions) => {
    const maxVersions = new Map(Object.entries(versions).map(([api, version]) => [Number(api), version]));
    expect(releaseOf(maxVersions)).toBe(release);
  });
});
