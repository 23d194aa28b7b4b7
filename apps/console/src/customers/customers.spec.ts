import { setImmediate as nextTurn } from 'node:timers/promises';
import { emptyProfile } from '@app/identity';
import { emptyModel } from '../../test/empty-model';
import { Records, startMs, topics } from '../../test/records';
import { Customers } from './customers';

const events = 40;

function modelOfAnn() {
  const r = new Records();
  const model = emptyModel();
  model.apply(
    topics.events,
    0,
    Array.from({ length: events }, (_, i) => {
      const plan = { value: i < 20 ? 'basic' : 'premium', updated_at_ms: startMs - (i < 20 ? 9 : 0) };
      const fields = { subscriber_attributes: { plan }, aliases: i < 10 ? ['ann'] : ['ann', 'anna'] };
      return r.event(`e${String(i).padStart(2, '0')}`, fields, { 'received-at-ms': String(startMs + i) });
    }),
  );
  return model;
}

const profile = {
  ...emptyProfile,
  aliases: new Set(['ann', 'anna']),
  attributes: new Map([['plan', { value: 'premium', updatedAtMs: startMs }]]),
};

describe('a customer', () => {
  it('is shown with the first event that contained each alias and attribute', async () => {
    const customers = new Customers(modelOfAnn(), () => Promise.resolve(profile));
    expect(await customers.find('default', 'ann')).toMatchObject({
      events,
      aliases: [
        { id: 'ann', from: { eventId: 'e00' } },
        { id: 'anna', from: { eventId: 'e10' } },
      ],
      attributes: [{ name: 'plan', value: 'premium', from: { eventId: 'e20' } }],
    });
  });

  it('is looked up with one event in memory at a time, while other requests are served', async () => {
    const model = modelOfAnn();
    const all = jest.spyOn(model.db, 'all');
    const customers = new Customers(model, () => Promise.resolve(profile));
    const found = customers.find('default', 'ann').then(() => 'found');
    let turns = 0;
    while ((await Promise.race([found, nextTurn('a turn')])) !== 'found') turns += 1;
    expect(turns).toBeGreaterThanOrEqual(events);
    const rows = all.mock.results.flatMap(({ value }) => value as object[]);
    expect(rows.filter((row) => 'value' in row)).toEqual([]);
  });

  it('is found by a transfer that has hundreds of ids on the other side', () => {
    const model = emptyModel();
    const sides = {
      transferred_from: Array.from({ length: 600 }, (_, i) => `other-${String(i)}`),
      transferred_to: ['bob'],
    };
    const transfer = { type: 'TRANSFER', app_user_id: undefined, aliases: undefined, ...sides };
    model.apply(topics.events, 0, [new Records().event('t1', transfer)]);
    const customers = new Customers(model, () => Promise.resolve(emptyProfile));
    expect(customers.search('bob', 10)).toEqual([{ id: 'bob', project: 'default' }]);
  });
});
