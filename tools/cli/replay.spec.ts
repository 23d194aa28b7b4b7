import { type ConsumedRecord } from '@app/kafka';
import { type Selection, isSelected, replayRecord } from './replay';

const selection = (given: Partial<Selection>): Selection => ({
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
  it('selects events of a customer by any id in any field', () => {
    expect(isSelected(record({ app_user_id: 'anna' }), selection({ customer: 'anna' }))).toBe(true);
    expect(isSelected(record({ aliases: ['x', 'anna'] }), selection({ customer: 'anna' }))).toBe(true);
    expect(isSelected(record({ transferred_from: ['anna'] }), selection({ customer: 'anna' }))).toBe(true);
    expect(isSelected(record({ app_user_id: 42 }), selection({ customer: '42' }))).toBe(true);
    expect(isSelected(record({ app_user_id: 'ben' }), selection({ customer: 'anna' }))).toBe(false);
  });

  it('selects events of a type', () => {
    expect(isSelected(record({}), selection({ type: 'RENEWAL' }))).toBe(true);
    expect(isSelected(record({}), selection({ type: 'EXPIRATION' }))).toBe(false);
  });

  it('selects events of one project by default, and excludes earlier replays', () => {
    const ofShop = record({}, { 'project-id': 'shop' });
    expect(isSelected(ofShop, selection({}))).toBe(false);
    expect(isSelected(ofShop, selection({ project: 'shop' }))).toBe(true);
    expect(isSelected(ofShop, selection({ project: undefined }))).toBe(true);
    expect(isSelected(record({}, { source: 'replay' }), selection({}))).toBe(false);
    expect(isSelected({ ...record({}), timestampMs: 9 }, selection({ toMs: 9 }))).toBe(false);
  });

  it('sends the same bytes under the same key, marked as a replay', () => {
    const original = record({}, { 'project-id': 'acme', source: 'webhook' });
    expect(replayRecord(original, undefined)).toMatchObject({
      key: original.key,
      value: original.value,
      headers: { 'project-id': 'acme', source: 'replay' },
    });
    const copied = record({}, { 'replay-id': 'before', 'redrive-of': 'x/0/1' });
    expect(Object.keys(replayRecord(copied, undefined).headers ?? {})).toEqual(['source']);
    expect(replayRecord(original, '2026').headers).toMatchObject({ 'replay-id': '2026' });
  });
});
