import { emptyModel } from '../../test/empty-model';
import { Records, startMs, topics } from '../../test/records';
import { EventList } from './event-list';

function listOf(count: number): EventList {
  const model = emptyModel();
  const r = new Records();
  for (let i = 0; i < count; i += 1) {
    const fields = {
      type: i % 2 === 0 ? 'RENEWAL' : 'EXPIRATION',
      app_user_id: `user-${i % 3}`,
      environment: i % 4 === 0 ? 'SANDBOX' : 'PRODUCTION',
    };
    model.apply(topics.events, 0, [r.event(`e${i}`, fields, { 'received-at-ms': String(startMs + i) })]);
    if (i % 5 === 0) model.apply(topics.receipts, 0, [r.receipt(`e${i}`, { outcome: 'delivered' })]);
  }
  return new EventList(model);
}

const idsOf = ({ events }: ReturnType<EventList['page']>): string[] => events.map(({ eventId }) => eventId);

describe('the list of events', () => {
  it('returns all events, newest first, page by page', () => {
    const list = listOf(25);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = list.page({}, cursor, 10);
      seen.push(...idsOf(page));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `e${24 - i}`));
  });

  it('combines filters by type, environment, outcome and any id of a customer', () => {
    const list = listOf(25);
    expect(idsOf(list.page({ types: ['RENEWAL'], environment: 'SANDBOX' }, undefined, 3))).toEqual([
      'e24',
      'e20',
      'e16',
    ]);
    expect(idsOf(list.page({ outcomes: ['delivered'] }, undefined, 10))).toEqual([
      'e20',
      'e15',
      'e10',
      'e5',
      'e0',
    ]);
    expect(idsOf(list.page({ customer: 'user-0', outcomes: ['delivered'] }, undefined, 10))).toEqual([
      'e15',
      'e0',
    ]);
    expect(idsOf(list.page({ customer: 'unknown' }, undefined, 10))).toEqual([]);
  });

  it('continues after a cursor within a filter', () => {
    const list = listOf(25);
    const first = list.page({ types: ['EXPIRATION'] }, undefined, 2);
    expect(idsOf(first)).toEqual(['e23', 'e21']);
    expect(idsOf(list.page({ types: ['EXPIRATION'] }, first.next ?? undefined, 2))).toEqual(['e19', 'e17']);
  });
});
