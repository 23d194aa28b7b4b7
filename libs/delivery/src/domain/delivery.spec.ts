import { decodeDelivery, type Delivery, encodeDelivery } from './delivery';

const delivery: Delivery = {
  eventId: 'e1:from',
  projectId: 'default',
  sourceEventId: 'e1',
  type: 'TRANSFER',
  format: 'revenuecat',
  environment: 'PRODUCTION',
  eventTimeMs: 1,
  customer: { appUserId: 'anna', aliases: ['anna'] },
  receivedAtMs: 2,
  body: '{"event":{"id":"e1","note":",\\"body\\":"}}',
};

describe('a delivery as the value of a record', () => {
  it('is decoded as it was encoded', () => {
    const { body, ...head } = delivery;
    const decoded = decodeDelivery(encodeDelivery(delivery));
    expect(decoded.head).toEqual(head);
    expect(decoded.body.toString()).toBe(body);
  });

  it.each<[string, Record<string, unknown>]>([
    ['"eventId"', { eventId: '' }],
    ['"sourceEventId"', { sourceEventId: undefined }],
    ['"projectId"', { projectId: '\ud800' }],
    ['"type"', { type: '\ud800' }],
    ['"format"', { format: 'xml' }],
    ['"environment"', { environment: undefined }],
    ['"eventTimeMs"', { eventTimeMs: null }],
    ['"receivedAtMs"', { receivedAtMs: 'now' }],
    ['"customer"', { customer: undefined }],
    ['"customer"', { customer: { appUserId: 7, aliases: [] } }],
    ['"customer"', { customer: { aliases: 'anna' } }],
  ])('is rejected with a message that names its invalid %s', (name, members) => {
    const value = encodeDelivery({ ...delivery, ...members });
    expect(() => decodeDelivery(value)).toThrow(name);
  });

  it('is not quoted in the message if it is not JSON', () => {
    const value = Buffer.from('{"eventId":anna@example.com,"body":{}}');
    expect(() => decodeDelivery(value)).toThrow('Unexpected character at position 11');
    expect(() => decodeDelivery(value)).not.toThrow('anna');
  });
});
