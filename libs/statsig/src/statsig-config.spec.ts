import { z } from 'zod';
import { statsigConfig } from './statsig-config';

const schema = z.object(statsigConfig);
const problemsOf = (settings: object): string[] =>
  schema.safeParse(settings).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe("the settings of Statsig's addresses", () => {
  it.each(['https://statsig.example', 'https://statsig.example/', 'http://127.0.0.1:8090', 'http://[::1]:1'])(
    'accept an origin: %s',
    (url) => {
      expect(problemsOf({ STATSIG_BASE_URL: url, STATSIG_EVENTS_URL: url })).toEqual([]);
    },
  );

  it.each([
    'https://statsig.example/api',
    'https://statsig.example/?key=k',
    'https://statsig.example/#top',
    'https://user@statsig.example',
    'https://user:password@statsig.example',
  ])('reject an address of which a part would be ignored: %s', (url) => {
    const problem = expect.stringContaining('without a path, query or credentials') as unknown;
    expect(problemsOf({ STATSIG_BASE_URL: url, STATSIG_EVENTS_URL: url })).toEqual([problem, problem]);
  });

  it.each(['ftp://statsig.example', 'statsig.example', ''])(
    'reject what is not an http address: %s',
    (url) => {
      expect(problemsOf({ STATSIG_BASE_URL: url })).toEqual([expect.stringContaining('STATSIG_BASE_URL')]);
    },
  );

  it.each(['v1/webhooks', '/v1/web hooks', ''])('reject an invalid path: %s', (path) => {
    expect(problemsOf({ STATSIG_WEBHOOK_PATH: path })).toEqual([
      expect.stringContaining('STATSIG_WEBHOOK_PATH'),
    ]);
  });

  it('have defaults', () => {
    expect(schema.parse({})).toEqual({
      STATSIG_BASE_URL: 'https://api.statsig.com',
      STATSIG_WEBHOOK_PATH: '/v1/webhooks/revenuecat',
      STATSIG_EVENTS_URL: 'https://events.statsigapi.net',
    });
  });
});
