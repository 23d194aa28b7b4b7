import { RunningSimulator } from '../../../apps/statsig-simulator/test/running-simulator';
import { classify } from './domain/response';
import { StatsigClient } from './statsig-client';

let simulator: RunningSimulator;
let client: StatsigClient;

beforeAll(async () => {
  simulator = await RunningSimulator.start();
  client = new StatsigClient({
    webhookUrl: simulator.url,
    webhookPath: '/v1/webhooks/revenuecat',
    eventsUrl: simulator.url,
    connections: 2,
    connectTimeoutMs: 1_000,
    timeoutMs: 1_000,
  });
});
beforeEach(() => simulator.reset());
afterAll(async () => {
  await client.close();
  await simulator.stop();
});

const envelope = Buffer.from('{"api_version":"1.0","event":{"id":"e1","type":"RENEWAL","app_user_id":"u1"}}');
const event = Buffer.from('{"eventName":"renewal","user":{"userID":"u1"},"metadata":{"event_id":"e1"}}');

async function verdictOf(rule: object): Promise<object> {
  await simulator.faults(rule);
  return classify(await client.sendEnvelope('k1', envelope), Date.now());
}

describe('the verdict on a response of the simulated Statsig', () => {
  it.each([
    [{ kind: 'garbage' }],
    [{ kind: 'status', status: 200, body: '' }],
    [{ kind: 'status', status: 200, body: 'OK' }],
    [{ kind: 'status', status: 200, body: '{"ok":true}' }],
    [{ kind: 'status', status: 204 }],
    [{ kind: 'status', status: 200, bodyEnd: 'cut' }],
    [{ kind: 'status', status: 200, bodyEnd: 'trickle' }],
    [{ kind: 'status', status: 200, body: '<html>', bodyBytes: 1_048_576 }],
  ])('is acceptance, so that nothing is repeated: %j', async (rule) => {
    expect(await verdictOf({ ...rule, accepted: true })).toEqual({ kind: 'accepted' });
    expect(await simulator.events()).toHaveLength(1);
  });

  it.each([
    [{ status: 301, location: 'https://statsig.example/' }],
    [{ status: 405 }],
    [{ status: 411 }],
    [{ status: 415 }],
    [{ status: 401, bodyBytes: 1_048_576 }],
    [{ status: 401, bodyEnd: 'cut' }],
    [{ status: 401, bodyEnd: 'trickle' }],
  ])('suspends the integration: %j', async (rule) => {
    expect(await verdictOf({ kind: 'status', ...rule })).toMatchObject({
      kind: 'suspend',
      reason: `statsig_${rule.status}`,
    });
  });

  it.each([400, 413, 422, 431])('rejects the request: %d', async (status) => {
    expect(await verdictOf({ kind: 'status', status, bodyEnd: 'cut' })).toMatchObject({ kind: 'reject' });
  });

  it.each([
    [{ kind: 'success-false' }, 'statsig_success_false', false],
    [{ kind: 'status', status: 429, retryAfter: 7, bodyEnd: 'cut' }, 'statsig_429', false],
    [{ kind: 'status', status: 503, bodyBytes: 1_048_576 }, 'statsig_503', false],
    [{ kind: 'status', status: 504, accepted: true }, 'statsig_504', true],
    [{ kind: 'accept-then-reset' }, 'statsig_econnreset', true],
    [{ kind: 'hang' }, 'statsig_timeout', true],
  ])('is to retry: %j', async (rule, reason, ambiguous) => {
    expect(await verdictOf(rule)).toMatchObject({ kind: 'retry', reason, ambiguous });
  });

  it('rejects a batch that is too large, of which the half is accepted', async () => {
    const sendBatch = async (size: number) => {
      const response = await client.sendEvents(
        'k1',
        Array.from({ length: size }, () => event),
      );
      return classify(response, Date.now()).kind;
    };
    expect(await sendBatch(64)).toBe('reject');
    expect(await sendBatch(32)).toBe('accepted');
    expect(await simulator.get('stats')).toMatchObject({
      requestsByEndpoint: { log_event: 2 },
      responses: { 413: 1, 202: 1 },
    });
  });
});
