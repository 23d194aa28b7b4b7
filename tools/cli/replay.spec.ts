import { type ConsumedRecord } from '@app/kafka';
import { type Choice, isChosen, replayed } from './replay';

const choice = (given: Partial<Choice>): Choice => ({
  fromMs: undefined,
  toMs: Infinity,
  project: 'default',
  defaultProject: 'default',
  customer: undefined,
  type: undefined,
  ...given,
});

function record(event: object, headers: Record<string, string> = {}): ConsumedRecord {
  return {
    topic: 'revenuecat.events',
    partition: 0,
    offset: 0,
    timestampMs: 0,
    key: Buffer.from('default:anna'),
    value: Buffer.from(JSON.stringify({ event: { id: '1', type: 'RENEWAL', ...event } })),
    headers,
  };
}

describe('a replay', () => {
  it('takes the events of a customer by any id, in whatever field', () => {
    expect(isChosen(record({ app_user_id: 'anna' }), choice({ customer: 'anna' }))).toBe(true);
    expect(isChosen(record({ aliases: ['x', 'anna'] }), choice({ customer: 'anna' }))).toBe(true);
    expect(isChosen(record({ transferred_from: ['anna'] }), choice({ customer: 'anna' }))).toBe(true);
    expect(isChosen(record({ app_user_id: 42 }), choice({ customer: '42' }))).toBe(true);
    expect(isChosen(record({ app_user_id: 'ben' }), choice({ customer: 'anna' }))).toBe(false);
  });

  it('takes the events of a type', () => {
    expect(isChosen(record({}), choice({ type: 'RENEWAL' }))).toBe(true);
    expect(isChosen(record({}), choice({ type: 'EXPIRATION' }))).toBe(false);
  });

  it('takes the events of one project unless told otherwise, and leaves out earlier replays', () => {
    const ofShop = record({}, { 'project-id': 'shop' });
    expect(isChosen(ofShop, choice({}))).toBe(false);
    expect(isChosen(ofShop, choice({ project: 'shop' }))).toBe(true);
    expect(isChosen(ofShop, choice({ project: undefined }))).toBe(true);
    expect(isChosen(record({}, { source: 'replay' }), choice({}))).toBe(false);
    expect(isChosen({ ...record({}), timestampMs: 9 }, choice({ toMs: 9 }))).toBe(false);
  });

  it('sends the same bytes under the same key, marked as a replay', () => {
    const original = record({}, { 'project-id': 'acme', source: 'webhook' });
    expect(replayed(original, undefined)).toMatchObject({
      key: original.key,
      value: original.value,
      headers: { 'project-id': 'acme', source: 'replay' },
    });
    const copied = record({}, { 'replay-again': 'before', 'redrive-of': 'x/0/1' });
    expect(Object.keys(replayed(copied, undefined).headers ?? {})).toEqual(['source']);
    expect(replayed(original, '2026').headers).toMatchObject({ 'replay-again': '2026' });
  });
});
