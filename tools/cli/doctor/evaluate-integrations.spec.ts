import { evaluateIntegrations } from './evaluate-integrations';

const shop = {
  projectId: 'shop',
  partitions: 12,
  state: 'enabled',
  hasOldKey: false,
  settings: undefined,
} as const;

describe('the evaluation of the integrations', () => {
  it('reports those that cannot be read, and those whose secrets have an old key', () => {
    expect(evaluateIntegrations([shop])).toMatchObject([{ level: 'ok', subject: 'integration shop' }]);
    expect(evaluateIntegrations([{ ...shop, state: 'unreadable', problem: 'another key' }])).toMatchObject([
      { level: 'error', found: 'another key' },
    ]);
    expect(evaluateIntegrations([{ ...shop, hasOldKey: true }])).toMatchObject([
      { level: 'warning', action: expect.stringContaining('integrations reseal') as unknown },
    ]);
  });

  it('warns if there is none', () => {
    expect(evaluateIntegrations([])).toMatchObject([{ level: 'warning' }]);
  });
});
