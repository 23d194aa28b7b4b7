import { silentLogger } from '@app/testing';
import RequestQueue from 'kafkajs/src/network/requestQueue';
import './idle-connections';

describe('the request queue of a connection', () => {
  const queue = () =>
    new RequestQueue({
      maxInFlightRequests: 1,
      requestTimeout: 1_000,
      enforceRequestTimeout: false,
      clientId: 'spec',
      broker: 'localhost:9092',
      logger: silentLogger,
    });
  const request = (correlationId: number, send: () => void) => ({
    entry: { correlationId, reject: () => undefined },
    expectResponse: true,
    sendRequest: send,
  });

  it('has no timer while no request waits', () => {
    const idle = queue();
    idle.checkPendingRequests();
    expect(idle.throttleCheckTimeoutId).toBeNull();
  });

  it('sends a request that had to wait, because the broker throttles this client', async () => {
    const throttled = queue();
    throttled.maybeThrottle(20);
    await new Promise<void>((sent) => {
      throttled.push(request(1, sent));
      expect(throttled.throttleCheckTimeoutId).not.toBeNull();
    });
    throttled.destroy();
  });
});
