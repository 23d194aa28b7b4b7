import { type StatsigResponse } from '@app/statsig';
import { loggerInto, silentLogger } from '@app/testing';
import { register } from 'prom-client';
import { integration, pendingDelivery, projectId } from '../test/deliveries';
import { StatsigSender } from './statsig-sender';

function senderOf(
  response: StatsigResponse,
  take: () => Promise<number> = () => Promise.resolve(0),
  logger = silentLogger,
) {
  const calls: string[] = [];
  const sender = new StatsigSender(
    projectId,
    {
      sendEnvelope: (secret) => {
        calls.push(`envelope with ${secret}`);
        return Promise.resolve(response);
      },
      sendEvents: (secret, events) => {
        calls.push(`${String(events.length)} events with ${secret}`);
        return Promise.resolve(response);
      },
      endpointOf: () => ({ address: 'statsig.test', port: 443, path: '/v1/webhooks/revenuecat' }),
      close: () => Promise.resolve(),
    },
    { take },
    logger,
  );
  return { sender, calls };
}

const accepted: StatsigResponse = { kind: 'response', status: 200, body: '', isBodyComplete: true };
const lost: StatsigResponse = { kind: 'no_response', code: 'timeout', message: '', mayHaveBeenSent: true };

describe('the sender', () => {
  it('posts an envelope or a batch of events, depending on the format', async () => {
    const { sender, calls } = senderOf(accepted);
    const inBatches = ['a/1', 'b/1'].map((name) => ({
      ...pendingDelivery(name),
      format: 'log_event' as const,
    }));
    expect(await sender.send([pendingDelivery('a/1')], 'secret')).toEqual({
      verdict: { kind: 'accepted' },
      status: 200,
    });
    await sender.send(inBatches, 'secret');
    expect(calls).toEqual(['envelope with secret', '2 events with secret']);
  });

  it('counts events without a response that Statsig may have received', async () => {
    const { sender } = senderOf(lost);
    const before = await possibleRepeats();
    const { verdict } = await sender.send([pendingDelivery('a/1')], 'secret');
    expect(verdict).toMatchObject({ kind: 'retry', ambiguous: true });
    expect(await possibleRepeats()).toBe(before + 1);
  });

  it('logs the failures of a reason once a minute as a warning, and the others at level debug', async () => {
    const lines: string[] = [];
    const { sender } = senderOf(lost, undefined, loggerInto(lines));
    for (let n = 0; n < 3; n++) await sender.send([pendingDelivery(`a/${n}`)], 'secret');
    const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(logged.map(({ level, eventIds }) => [level, eventIds])).toEqual([
      [40, ['a/0']],
      [20, ['a/1']],
      [20, ['a/2']],
    ]);
    expect(logged[0]).toMatchObject({
      msg: 'failed to deliver events to Statsig',
      projectId,
      events: 1,
      verdict: 'retry',
      reason: 'statsig_timeout',
      isAmbiguous: true,
      sinceLastLine: 1,
    });
  });

  it('checks the limit only if the integration has one, and waits if the check fails', async () => {
    const take = jest.fn(() => Promise.reject(new Error('READONLY')));
    const { sender } = senderOf(accepted, take);
    expect(await sender.takeTurn(integration)).toBe(0);
    expect(take).not.toHaveBeenCalled();
    expect(await sender.takeTurn({ ...integration, maxRequestsPerSecond: 5 })).toBeGreaterThan(0);
  });
});

async function possibleRepeats(): Promise<number> {
  const metric = await register.getSingleMetric('rcstatsig_dispatcher_possible_repeats_total')?.get();
  return (
    metric?.values.find(
      ({ labels }) => labels['cause'] === 'response_lost' && labels['project'] === projectId,
    )?.value ?? 0
  );
}
