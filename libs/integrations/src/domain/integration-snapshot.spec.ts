import { type Integration, integrationSchema } from './integration';
import { IntegrationSnapshot, type StoredIntegrations } from './integration-snapshot';

const integration = (projectId: string, serverSecret = 'secret-1'): Integration =>
  integrationSchema.parse({ projectId, serverSecret });

const redis = (
  listed: Record<string, Integration | string> = {},
  removed: string[] = [],
): StoredIntegrations => ({
  listed: new Map(
    Object.entries(listed).map(([projectId, settings]) => [
      projectId,
      typeof settings === 'string' ? { unreadable: settings } : settings,
    ]),
  ),
  removed: new Set(removed),
});

const shop = integration('shop');
const emptied = expect.stringContaining('emptied?') as string;

/** Of a process with a key and no integration of its own. */
const read = (stored: StoredIntegrations, before = IntegrationSnapshot.unread) =>
  before.next(stored, undefined, true);

describe('an integration in Redis', () => {
  it('is ready if it can be read', () => {
    expect(read(redis({ shop })).find('shop')).toEqual({ kind: 'ready', integration: shop });
  });

  it('is unreadable before Redis was read', () => {
    expect(IntegrationSnapshot.unread.find('shop')).toMatchObject({ kind: 'unreadable' });
  });

  it('is unreadable if it cannot be read, and known', () => {
    const snapshot = read(redis({ shop: 'encrypted with another key', other: integration('other') }));
    expect(snapshot.find('shop')).toEqual({ kind: 'unreadable', detail: 'encrypted with another key' });
    expect(snapshot.projectIds()).toEqual(['shop', 'other']);
    expect(snapshot.all()).toEqual([integration('other')]);
  });

  it('stays as it was last readable, and says why it cannot be read now', () => {
    const snapshot = read(redis({ shop: 'settings of a newer version' }), read(redis({ shop })));
    expect(snapshot.find('shop')).toEqual({ kind: 'ready', integration: shop });
    expect(snapshot.problems.get('shop')).toBe('settings of a newer version');
    expect(read(redis({ shop: integration('shop', 'secret-2') }), snapshot).problems.size).toBe(0);
  });

  it('stays if Redis loses it, and is absent once it was removed', () => {
    const lost = read(redis(), read(redis({ shop })));
    expect(lost.find('shop')).toEqual({ kind: 'ready', integration: shop });
    expect(lost.problems.get('shop')).toEqual(emptied);
    const neverRead = read(redis(), read(redis({ shop: 'sealed' })));
    expect(neverRead.find('shop')).toEqual({ kind: 'unreadable', detail: emptied });
    expect(read(redis({}, ['shop']), lost).find('shop')).toEqual({ kind: 'absent' });
  });

  it('is there again if it was removed and added again', () => {
    const removed = read(redis({}, ['shop']), read(redis({ shop })));
    expect(read(redis({ shop }, ['shop']), removed).find('shop').kind).toBe('ready');
  });
});

describe('a project that was never seen', () => {
  it.each([
    ['other integrations', redis({ shop })],
    ['one that cannot be read', redis({ shop: 'sealed' })],
    ['only removed ones', redis({}, ['shop'])],
  ])('is absent if Redis has %s', (_what, stored) => {
    expect(read(stored).find('typo')).toEqual({ kind: 'absent' });
  });

  it('is unreadable if Redis has none, which may have been emptied', () => {
    const unreadable = { kind: 'unreadable', detail: emptied, isStoreEmpty: true };
    expect(read(redis()).find('shop')).toEqual(unreadable);
    const withOwn = IntegrationSnapshot.unread.next(redis(), integration('own'), true);
    expect(withOwn.find('shop')).toEqual(unreadable);
  });

  it('is absent if Redis never had any, since there is no key, and there is another integration', () => {
    const snapshot = IntegrationSnapshot.unread.next(redis(), integration('own'), false);
    expect(snapshot.find('typo')).toEqual({ kind: 'absent' });
    const nothingAtAll = IntegrationSnapshot.unread.next(redis(), undefined, false);
    expect(nothingAtAll.find('shop')).toMatchObject({ kind: 'unreadable' });
  });
});

describe('the integration of the environment', () => {
  const own = integration('default', 'of-the-environment');
  const next = (stored: StoredIntegrations, before = IntegrationSnapshot.unread) =>
    before.next(stored, own, true);

  it('is ready, whatever else Redis has or lost', () => {
    expect(next(redis()).find('default')).toEqual({ kind: 'ready', integration: own });
    expect(next(redis({ shop: 'sealed' })).find('default')).toEqual({ kind: 'ready', integration: own });
  });

  it('gives way to one in Redis for the same project, also if that cannot be read', () => {
    const stored = integration('default', 'of-Redis');
    expect(next(redis({ default: stored })).all()).toEqual([stored]);
    // The environment's may ignore a pause or a privacy rule.
    expect(next(redis({ default: 'sealed' })).find('default')).toMatchObject({ kind: 'unreadable' });
    expect(next(redis({ default: 'sealed' }), next(redis())).find('default')).toMatchObject({
      kind: 'unreadable',
    });
    expect(next(redis(), next(redis({ default: stored }))).all()).toEqual([stored]);
  });

  it('is in force again once the one in Redis was removed', () => {
    const before = next(redis({ default: integration('default', 'of-Redis') }));
    expect(next(redis({}, ['default']), before).all()).toEqual([own]);
  });
});

describe('changes', () => {
  it('name the projects whose state is another', () => {
    const before = read(redis({ shop, other: integration('other'), gone: integration('gone') }));
    const after = read(
      redis({ shop, other: integration('other', 'secret-2'), added: integration('added') }, ['gone']),
      before,
    );
    expect(after.changesSince(before)).toEqual(new Set(['other', 'gone', 'added']));
    expect(after.changesSince(after)).toEqual(new Set());
  });

  it('name a project that was unreadable because it may have been lost, and was removed', () => {
    const before = read(redis());
    expect(read(redis({}, ['typo']), before).changesSince(before)).toEqual(new Set(['typo']));
  });
});
