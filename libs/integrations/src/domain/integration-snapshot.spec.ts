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

/** The snapshot of a process with a key and without an integration in its environment. */
const read = (stored: StoredIntegrations, before = IntegrationSnapshot.unread) =>
  before.next(stored, undefined, true);

describe('an integration in Redis', () => {
  it('is ready if it can be read', () => {
    expect(read(redis({ shop })).find('shop')).toEqual({ kind: 'ready', integration: shop });
  });

  it('is unreadable before Redis was read', () => {
    expect(IntegrationSnapshot.unread.find('shop')).toMatchObject({ kind: 'unreadable' });
  });

  it('is unreadable if its settings cannot be read', () => {
    const snapshot = read(redis({ shop: 'encrypted with another key', other: integration('other') }));
    expect(snapshot.find('shop')).toEqual({ kind: 'unreadable', detail: 'encrypted with another key' });
    expect(snapshot.projectIds()).toEqual(['shop', 'other']);
    expect(snapshot.all()).toEqual([integration('other')]);
  });

  it('keeps its last readable settings, and reports why it cannot be read now', () => {
    const snapshot = read(redis({ shop: 'settings of a newer version' }), read(redis({ shop })));
    expect(snapshot.find('shop')).toEqual({ kind: 'ready', integration: shop });
    expect(snapshot.problems.get('shop')).toBe('settings of a newer version');
    expect(read(redis({ shop: integration('shop', 'secret-2') }), snapshot).problems.size).toBe(0);
  });

  it('stays if Redis loses it, and is absent after it was removed', () => {
    const lost = read(redis(), read(redis({ shop })));
    expect(lost.find('shop')).toEqual({ kind: 'ready', integration: shop });
    expect(lost.problems.get('shop')).toEqual(emptied);
    const neverRead = read(redis(), read(redis({ shop: 'sealed' })));
    expect(neverRead.find('shop')).toEqual({ kind: 'unreadable', detail: emptied });
    expect(read(redis({}, ['shop']), lost).find('shop')).toEqual({ kind: 'absent' });
  });

  it('is ready again if it was removed and added again', () => {
    const removed = read(redis({}, ['shop']), read(redis({ shop })));
    expect(read(redis({ shop }, ['shop']), removed).find('shop').kind).toBe('ready');
  });
});

describe('an unknown project', () => {
  it.each([
    ['other integrations', redis({ shop })],
    ['an unreadable integration', redis({ shop: 'sealed' })],
    ['only removed integrations', redis({}, ['shop'])],
  ])('is absent if Redis has %s', (_what, stored) => {
    expect(read(stored).find('typo')).toEqual({ kind: 'absent' });
  });

  it('is unreadable if Redis has no integrations, because it may have been emptied', () => {
    const unreadable = { kind: 'unreadable', detail: emptied, isStoreEmpty: true };
    expect(read(redis()).find('shop')).toEqual(unreadable);
    const withOwn = IntegrationSnapshot.unread.next(redis(), integration('own'), true);
    expect(withOwn.find('shop')).toEqual(unreadable);
  });

  it('is absent if there is no key, so that Redis never had integrations, and the environment has another one', () => {
    const snapshot = IntegrationSnapshot.unread.next(redis(), integration('own'), false);
    expect(snapshot.find('typo')).toEqual({ kind: 'absent' });
    const nothingAtAll = IntegrationSnapshot.unread.next(redis(), undefined, false);
    expect(nothingAtAll.find('shop')).toMatchObject({ kind: 'unreadable' });
  });
});

describe('the integration from the environment', () => {
  const own = integration('default', 'of-the-environment');
  const next = (stored: StoredIntegrations, before = IntegrationSnapshot.unread) =>
    before.next(stored, own, true);

  it('is ready, whatever Redis has or has lost', () => {
    expect(next(redis()).find('default')).toEqual({ kind: 'ready', integration: own });
    expect(next(redis({ shop: 'sealed' })).find('default')).toEqual({ kind: 'ready', integration: own });
  });

  it('is overridden by one in Redis for the same project, even an unreadable one', () => {
    const stored = integration('default', 'of-Redis');
    expect(next(redis({ default: stored })).all()).toEqual([stored]);
    // The environment's settings may ignore a pause or a privacy rule.
    expect(next(redis({ default: 'sealed' })).find('default')).toMatchObject({ kind: 'unreadable' });
    expect(next(redis({ default: 'sealed' }), next(redis())).find('default')).toMatchObject({
      kind: 'unreadable',
    });
    expect(next(redis(), next(redis({ default: stored }))).all()).toEqual([stored]);
  });

  it('is used again after the one in Redis was removed', () => {
    const before = next(redis({ default: integration('default', 'of-Redis') }));
    expect(next(redis({}, ['default']), before).all()).toEqual([own]);
  });
});

describe('changes', () => {
  it('include the projects whose state has changed', () => {
    const before = read(redis({ shop, other: integration('other'), gone: integration('gone') }));
    const after = read(
      redis({ shop, other: integration('other', 'secret-2'), added: integration('added') }, ['gone']),
      before,
    );
    expect(after.changesSince(before)).toEqual(new Set(['other', 'gone', 'added']));
    expect(after.changesSince(after)).toEqual(new Set());
  });

  it('include a project that may have been lost and was then removed', () => {
    const before = read(redis());
    expect(read(redis({}, ['typo']), before).changesSince(before)).toEqual(new Set(['typo']));
  });
});
