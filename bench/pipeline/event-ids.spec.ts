import { eventIdsOf } from './event-ids';

it('finds the event of a request in format revenuecat', () => {
  expect(eventIdsOf('{"api_version":"1.0","event":{"type":"RENEWAL","id":"e1"}}')).toEqual(['e1']);
});

it('finds all events of a request in format log_event', () => {
  const events = ['e1', 'e2'].map((id) => ({
    eventName: 'RENEWAL',
    metadata: { revenuecat_event_id: id, store: 'APP_STORE' },
  }));
  expect(eventIdsOf(JSON.stringify({ events, statsigMetadata: {} }))).toEqual(['e1', 'e2']);
});
