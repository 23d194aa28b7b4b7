import { type ConsumedRecord } from '@app/kafka';
import { isChosen, replayed } from './replay';

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

const isChosenOf = (record: ConsumedRecord, choice: Parameters<typeof isChosen>[1]): boolean =>
  isChosen(record, choice, 'default');

describe('a replay', () => {
  it('takes the events of a customer by any id, in whatever field', () => {
    expect(isChosenOf(record({ app_user_id: 'anna' }), { customer: 'anna' })).toBe(true);
    expect(isChosenOf(record({ aliases: ['x', 'anna'] }), { customer: 'anna' })).toBe(true);
    expect(isChosenOf(record({ transferred_from: ['anna'] }), { customer: 'anna' })).toBe(true);
    expect(isChosenOf(record({ app_user_id: 42 }), { customer: '42' })).toBe(true);
    expect(isChosenOf(record({ app_user_id: 'ben' }), { customer: 'anna' })).toBe(false);
  });

  it('takes the events of a type', () => {
    expect(isChosenOf(record({}), { type: 'RENEWAL' })).toBe(true);
    expect(isChosenOf(record({}), { type: 'EXPIRATION' })).toBe(false);
  });

  it('takes the events of one project, which is the default one unless they name it', () => {
    const ofShop = record({ app_user_id: '42' }, { 'project-id': 'shop' });
    expect(isChosenOf(ofShop, { project: 'shop', customer: '42' })).toBe(true);
    expect(isChosenOf(ofShop, { project: 'default', customer: '42' })).toBe(false);
    expect(isChosenOf(record({ app_user_id: '42' }), { project: 'default', customer: '42' })).toBe(true);
  });

  it('takes no copy that an earlier one has sent', () => {
    const first = replayed(record({}), '2026');
    expect(isChosenOf({ ...record({}), headers: first.headers ?? {} }, {})).toBe(false);
  });

  it('sends the same bytes under the same key, marked as a replay', () => {
    const original = record({}, { 'project-id': 'acme', source: 'webhook' });
    expect(replayed(original, undefined)).toMatchObject({
      key: original.key,
      value: original.value,
      headers: { 'project-id': 'acme', source: 'replay' },
    });
    expect(replayed(original, '2026').headers).toMatchObject({ 'replay-again': '2026' });
  });

  it('does not pass on that a record was part of another replay, or of a redrive', () => {
    const earlier = record({}, { 'replay-again': '2025', 'redrive-of': 'revenuecat.dead-letter/0/1' });
    expect(replayed(earlier, undefined).headers).toEqual({ source: 'replay' });
  });
});
