import { type StatsigResponse } from '@app/statsig';
import { type TestEventInput } from './integration-input';
import { sendTestEvent } from './test-event';

const input = {
  format: 'log_event',
  eventNames: 'received',
  identity: 'app_user_id',
  customIds: {},
  sandboxTier: 'development',
  serverSecret: 'secret-1',
} satisfies TestEventInput & { serverSecret: string };

const received = (status: number, body = ''): StatsigResponse => ({
  kind: 'response',
  status,
  body,
  isBodyComplete: true,
});

const failed: StatsigResponse = {
  kind: 'no_response',
  code: 'timeout',
  message: 'too late',
  mayHaveBeenSent: true,
};

describe('a test event', () => {
  it.each<[StatsigResponse, string, number | null, string, string]>([
    [received(202, '{"success":true}'), 'accepted', 202, '{"success":true}', 'accepted the event'],
    [received(400, 'why'), 'reject', 400, 'why', 'rejected this event'],
    [received(401), 'suspend', 401, '', 'rejects this server secret'],
    [received(403), 'suspend', 403, '', 'rejects this server secret'],
    [received(404), 'suspend', 404, '', 'Check the settings STATSIG_BASE_URL'],
    [received(503), 'retry', 503, '', 'cannot accept events at the moment'],
    [failed, 'retry', null, 'too late', 'cannot accept events at the moment'],
  ])('reports what %j means', async (sent, verdict, status, response, meaning) => {
    const statsig = {
      sendEnvelope: () => Promise.reject(new Error('the format is log_event')),
      sendEvents: () => Promise.resolve(sent),
    };
    expect(await sendTestEvent(input, statsig, { eventId: 'test-1', nowMs: () => 1_000 })).toMatchObject({
      verdict,
      status,
      response,
      meaning: expect.stringContaining(meaning) as unknown,
      latencyMs: 0,
    });
  });

  it.each([
    ['log_event', /Metrics → Events.*"rc_test_event".*"revenuecat-statsig-test".*tier "staging"/],
    ['revenuecat', /Metrics → Events.*"rc_test_event".*connector ignores unless you enable sandbox events/],
  ] as const)('says where Statsig shows the sandbox event, in format %s', async (format, place) => {
    const statsig = {
      sendEnvelope: () => Promise.resolve(received(200)),
      sendEvents: () => Promise.resolve(received(202)),
    };
    const settings = { ...input, format, eventNames: 'rc' as const, sandboxTier: 'staging' };
    const at = { eventId: 'test-1', nowMs: () => 1_000 };
    expect(await sendTestEvent(settings, statsig, at)).toMatchObject({
      whereToFind: expect.stringMatching(place) as unknown,
    });
    const refusing = {
      sendEnvelope: () => Promise.resolve(received(404)),
      sendEvents: () => Promise.resolve(received(404)),
    };
    const refused = await sendTestEvent(settings, refusing, at);
    expect(refused.whereToFind).toBeNull();
    if (format === 'revenuecat')
      expect(refused.meaning).toMatch(/Enable the RevenueCat integration.*log_event/);
  });
});
