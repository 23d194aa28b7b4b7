import { emptyModel } from '../../test/empty-model';
import { Records, startMs, topics } from '../../test/records';
import { AuditTrail } from './audit-trail';

function trailOf(...records: ReturnType<Records['record']>[]): AuditTrail {
  const model = emptyModel();
  model.apply(topics.audit, 0, records);
  return new AuditTrail(model);
}

describe('the audit trail', () => {
  it('lists who did what, newest first, page by page', () => {
    const r = new Records();
    const trail = trailOf(...[1, 2, 3].map((i) => r.audit({ atMs: startMs + i, target: `p${i}` })));
    const first = trail.page({}, undefined, 2);
    expect(first.records.map(({ target }) => target)).toEqual(['p3', 'p2']);
    const second = trail.page({}, first.next ?? '', 2);
    expect(second).toMatchObject({ records: [{ target: 'p1', who: 'Ada', from: '10.0.0.7' }], next: null });
  });

  it('includes actions that were started and failed', () => {
    const r = new Records();
    const { records } = trailOf(r.audit({}), r.audit({ failure: 'Redis is unavailable' })).page(
      {},
      undefined,
      9,
    );
    expect(records.map(({ failure }) => failure)).toEqual(['Redis is unavailable', null]);
  });

  it('filters by action and by user, and lists the values of both', () => {
    const r = new Records();
    const trail = trailOf(
      r.audit({ who: 'Ada', action: 'redrive' }),
      r.audit({ who: 'Ben', action: 'redrive' }),
      r.audit({ who: 'Ben', action: 'sign_in' }),
    );
    expect(trail.facets()).toEqual({ actions: ['redrive', 'sign_in'], who: ['Ada', 'Ben'] });
    expect(trail.page({ action: 'redrive' }, undefined, 9).records).toHaveLength(2);
    expect(trail.page({ action: 'redrive', who: 'Ben' }, undefined, 9).records).toHaveLength(1);
    expect(trail.page({ who: 'Eve' }, undefined, 9)).toEqual({ records: [], next: null });
  });

  it('ignores records that are not audit entries', () => {
    const r = new Records();
    const trail = trailOf(
      r.record(topics.audit, 'no json'),
      r.record(topics.audit, '{"who":1}'),
      r.audit({}),
    );
    expect(trail.page({}, undefined, 9).records).toHaveLength(1);
  });
});
