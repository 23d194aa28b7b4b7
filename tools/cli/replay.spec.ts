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

describe('a replay', () => {
  it('takes the events of a customer by any id, in whatever field', () => {
    expect(isChosen(record({ app_user_id: 'anna' }), { customer: 'anna' })).toBe(true);
    expect(isChosen(record({ aliases: ['x', 'anna'] }), { customer: 'anna' })).toBe(true);
    expect(isChosen(record({ transferred_from: ['anna'] }), { customer: 'anna' })).toBe(true);
    expect(isChosen(record({ app_user_id: 'ben' }), { customer: 'anna' })).toBe(false);
  });

  it('takes the events of a type', () => {
    expect(isChosen(record({}), { type: 'RENEWAL' })).toBe(true);
    expect(isChosen(record({}), { type: 'EXPIRATION' })).toBe(false);
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
});
