import { readEvents } from './read-events';

const read = (endpoint: Parameters<typeof readEvents>[0], body: unknown) =>
  readEvents(endpoint, Buffer.from(JSON.stringify(body)));

describe('reading request bodies', () => {
  it('reads a RevenueCat envelope', () => {
    const event = {
      id: 'e1',
      type: 'RENEWAL',
      app_user_id: 'u',
      price: 4.99,
      currency: 'USD',
      environment: 'SANDBOX',
    };
    expect(read('revenuecat', { api_version: '1.0', event })).toEqual([
      {
        id: 'e1',
        userId: 'u',
        name: 'RENEWAL',
        value: 4.99,
        environment: 'SANDBOX',
        isProduction: false,
      },
    ]);
  });

  it.each([
    [{ type: 'TRANSFER', id: 'e', transferred_to: ['new'], transferred_from: ['old'] }, 'new', true],
    [{ type: 'VIRTUAL_CURRENCY_TRANSACTION', id: 'e', purchase_environment: 'SANDBOX' }, undefined, false],
    [{ type: 'PAYWALL_IMPRESSION', event_id: 'e', app_user_id: 'u' }, 'u', true],
  ])('reads the unusual event %j', (event, userId, isProduction) => {
    const [read1] = read('revenuecat', { api_version: '1.0', event });
    expect(read1).toMatchObject({ id: 'e', isProduction });
    expect(read1?.userId).toBe(userId);
  });

  it("reads log_event, in which an event's own user takes precedence over the shared one", () => {
    const body = {
      user: { userID: 'shared', statsigEnvironment: { tier: 'staging' } },
      events: [
        { eventName: 'a', metadata: { revenuecat_event_id: 'e1', event_id: 'no' } },
        {
          eventName: 'b',
          user: { customIDs: { company: 'c' } },
          value: 'x',
          time: '2026-01-01T00:00:00Z',
          metadata: { event_id: 'e2' },
        },
      ],
    };
    expect(read('log_event', body)).toMatchObject([
      { id: 'e1', userId: 'shared', environment: 'staging', isProduction: false },
      { id: 'e2', userId: undefined, environment: 'production', isProduction: true, value: 'x' },
    ]);
  });

  it('reads the event webhook', () => {
    const body = { user: { userID: 'u' }, event: 'purchase', value: 1, timestamp: 1_700_000_000_000 };
    expect(read('event_webhook', body)).toMatchObject([
      { id: undefined, userId: 'u', name: 'purchase', value: 1 },
    ]);
  });

  it.each([
    ['revenuecat', [], 'The body must be an object, but is an empty array.'],
    ['revenuecat', { api_version: '1.0' }, 'event must be an object, but is missing.'],
    ['revenuecat', { api_version: '1.0', event: { type: 'X' } }, 'event.id must be a non-empty string'],
    ['log_event', { events: [] }, 'events must be an array of one event or more, but is an empty array.'],
    ['log_event', { events: [{ eventName: 'a' }] }, 'events[0].user.userID'],
    ['log_event', { user: { userID: 'u' }, events: [{ eventName: 'a' }, {}] }, 'events[1].eventName must be'],
    ['log_event', { user: { userID: 'u' }, events: [{ eventName: 'a', time: 'soon' }] }, 'events[0].time'],
    ['log_event', { user: { userID: 'u' }, events: [{ eventName: 'a', value: {} }] }, 'events[0].value'],
    ['event_webhook', { event: 'a' }, 'user must be an object, but is missing.'],
    ['event_webhook', { user: { userID: 'u' }, event: 7 }, 'event must be a non-empty string'],
  ] as const)('explains the problem of an invalid %s body: %j', (endpoint, body, message) => {
    expect(() => read(endpoint, body)).toThrow(message);
  });

  it.each([
    ['', 'The body is empty'],
    ['{', 'The body is not JSON'],
  ])('rejects the text %j', (body, message) => {
    expect(() => readEvents('log_event', Buffer.from(body))).toThrow(message);
  });

  it('rejects a body that is not UTF-8', () => {
    expect(() => readEvents('log_event', Buffer.from([0x22, 0xff, 0x22]))).toThrow('not UTF-8');
  });
});
