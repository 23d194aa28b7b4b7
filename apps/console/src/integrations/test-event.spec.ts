import { type IntegrationInput, integrationSchema } from '@app/integrations';
import { readSentEvent, type StatsigResponse } from '@app/statsig';
import { sendTestEvent } from './test-event';

const integrationWith = (settings: Partial<IntegrationInput> = {}) =>
  integrationSchema.parse({
    projectId: 'default',
    serverSecret: 'secret-1',
    format: 'log_event',
    customIds: {},
    ...settings,
  });
const at = { eventId: 'test-1', nowMs: () => Date.UTC(2026, 0, 1) };

/** Accepts everything, and records the secret of each request. */
function statsigWith(response: StatsigResponse) {
  const secrets: string[] = [];
  const send = (secret: string) => {
    secrets.push(secret);
    return Promise.resolve(response);
  };
  return { secrets, statsig: { sendEnvelope: send, sendEvents: send } };
}

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
    expect(await sendTestEvent(integrationWith(), statsig, at)).toMatchObject({
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
    const settings = integrationWith({ format, eventNames: 'rc', sandboxTier: 'staging' });
    const { statsig } = statsigWith(received(202));
    expect(await sendTestEvent(settings, statsig, at)).toMatchObject({
      whereToFind: expect.stringMatching(place) as unknown,
    });
    const refused = await sendTestEvent(settings, statsigWith(received(404)).statsig, at);
    expect(refused.whereToFind).toBeNull();
    if (format === 'revenuecat')
      expect(refused.meaning).toMatch(/Enable the RevenueCat integration.*log_event/);
  });

  it('is sent with the server secret for sandbox events if there is one, and says so', async () => {
    const settings = integrationWith({ includeSandbox: true, sandboxServerSecret: 'secret-2' });
    const accepting = statsigWith(received(202));
    expect(await sendTestEvent(settings, accepting.statsig, at)).toMatchObject({
      secret: 'sandboxServerSecret',
      meaning: expect.stringContaining('with the server secret for sandbox events') as unknown,
      whereToFind: expect.stringContaining('In the Statsig project for sandbox events') as unknown,
    });
    const rejecting = statsigWith(received(401));
    expect((await sendTestEvent(settings, rejecting.statsig, at)).meaning).toContain(
      'rejects the server secret for sandbox events',
    );
    expect([...accepting.secrets, ...rejecting.secrets]).toEqual(['secret-2', 'secret-2']);

    const onlyOne = statsigWith(received(202));
    const { secret } = await sendTestEvent(integrationWith(), onlyOne.statsig, at);
    expect([secret, ...onlyOne.secrets]).toEqual(['serverSecret', 'secret-1']);
  });

  it('is mapped with the settings, as a real event is', async () => {
    const sentWith = async (settings: Partial<IntegrationInput>) => {
      const { statsig } = statsigWith(received(202));
      const { sent, whereToFind } = await sendTestEvent(integrationWith(settings), statsig, at);
      return { ...readSentEvent('log_event', sent), whereToFind };
    };
    expect(await sentWith({ revenue: 'after_commission' })).toMatchObject({
      value: 8.4915,
      valueBasis: 'after_commission',
      whereToFind: expect.stringContaining('with the value 8.4915') as unknown,
    });
    expect(await sentWith({ userIdAttribute: 'statsig_user_id' })).toMatchObject({
      userId: 'revenuecat-statsig-test-attribute',
    });
    const privacy = { attributes: { statsig_user_id: 'drop' } } as const;
    expect(await sentWith({ userIdAttribute: 'statsig_user_id', privacy })).toMatchObject({
      userId: 'revenuecat-statsig-test',
    });
  });

  it('is sent although the settings filter out such events, and says so', async () => {
    const { statsig } = statsigWith(received(202));
    const settings = integrationWith({ eventTypes: [], filters: { stores: { exclude: ['TEST_STORE'] } } });
    expect(await sendTestEvent(settings, statsig, at)).toMatchObject({
      verdict: 'accepted',
      whereToFind: expect.stringContaining('no other sandbox events are sent') as unknown,
    });
  });

  it('is rejected if the settings leave it without a user', async () => {
    const { statsig, secrets } = statsigWith(received(202));
    const settings = integrationWith({ blockedIds: ['revenuecat-statsig-test'] });
    await expect(sendTestEvent(settings, statsig, at)).rejects.toThrow(/cannot be sent with these settings/);
    expect(secrets).toEqual([]);
  });
});
