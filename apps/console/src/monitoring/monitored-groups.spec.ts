import { topicNames } from '@app/kafka';
import { MonitoredGroups } from './monitored-groups';

describe('the monitored groups', () => {
  const existing = new Set([
    'p.revenuecat.events',
    'p.statsig.deliveries.shop',
    'q.statsig.deliveries.other',
  ]);
  const list = jest.fn(() => Promise.resolve(existing));
  const groups = new MonitoredGroups({ list }, topicNames('p.'), {
    prefix: 'p.',
    console: (topic) => `console.${topic}`,
  });

  it('are those of the mapper, of the dispatcher for each deliveries topic, and of the console', async () => {
    const found = await groups.list();
    expect(found.filter(({ consumer }) => consumer !== 'console')).toEqual([
      { consumer: 'mapper', groupId: 'p.mapper', topic: 'p.revenuecat.events' },
      {
        consumer: 'dispatcher',
        groupId: 'p.dispatcher.shop',
        topic: 'p.statsig.deliveries.shop',
        projectId: 'shop',
      },
    ]);
    expect(found.filter(({ consumer }) => consumer === 'console').map(({ groupId }) => groupId)).toEqual([
      'console.p.revenuecat.events',
      'console.p.revenuecat.dead-letter',
      'console.p.statsig.receipts',
      'console.p.statsig.dead-letter',
      'console.p.console.audit',
      'console.p.statsig.deliveries.shop',
    ]);
  });

  it('stay known while the topics cannot be listed', async () => {
    const before = await groups.list();
    list.mockRejectedValueOnce(new Error('a partition has no leader'));
    expect(await groups.list()).toEqual(before);
  });
});
