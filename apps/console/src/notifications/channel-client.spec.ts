import { NotificationReceiver } from '../../test/notification-receiver';
import { ChannelClient } from './channel-client';

const message = { headers: { 'content-type': 'application/json', 'webhook-id': 'n1' }, body: '{"a":1}' };

describe('the client of channels', () => {
  let receiver: NotificationReceiver;
  let client: ChannelClient;

  beforeEach(async () => {
    receiver = await NotificationReceiver.start();
    client = new ChannelClient(true);
  });

  afterEach(async () => {
    await client.close();
    await receiver.stop();
  });

  it('sends a message', async () => {
    expect(await client.send(receiver.url, message)).toEqual({ kind: 'sent', status: 204 });
    expect(receiver.messages).toMatchObject([{ body: '{"a":1}', headers: { 'webhook-id': 'n1' } }]);
  });

  it('follows no redirect', async () => {
    receiver.respond = (response) => response.writeHead(307, { location: receiver.url }).end();
    expect(await client.send(receiver.url, message)).toMatchObject({ kind: 'failed', status: 307 });
    expect(receiver.messages).toHaveLength(1);
  });

  it('waits for a response only until the timeout', async () => {
    receiver.respond = () => undefined;
    const impatient = new ChannelClient(true, 200);
    expect(await impatient.send(receiver.url, message)).toMatchObject({
      kind: 'failed',
      status: null,
      detail: expect.stringContaining('did not respond') as string,
      isAmbiguous: true,
    });
    await impatient.close();
  });

  it('reads only the beginning of a response', async () => {
    const ended = Promise.withResolvers<undefined>();
    receiver.respond = (response) => {
      response.writeHead(200);
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', write).on('close', () => {
        ended.resolve(undefined);
      });
      write();
    };
    expect(await client.send(receiver.url, message)).toEqual({ kind: 'sent', status: 200 });
    await ended.promise;
  });

  it.each([
    ['30', 30_000],
    ['Fri, 01 Jan 2100 00:00:00 GMT', 3_600_000],
    ['soon', undefined],
  ])('reports how long the receiver asks to wait, up to an hour: %s', async (retryAfter, retryAfterMs) => {
    receiver.respond = (response) => response.writeHead(429, { 'retry-after': retryAfter }).end();
    expect(await client.send(receiver.url, message)).toMatchObject({ status: 429, retryAfterMs });
  });

  it.each<[string, boolean, NonNullable<NotificationReceiver['respond']>]>([
    ['closes the connection without a response', true, (response) => response.destroy()],
    ['sends no HTTP', true, (response) => response.socket?.end('no HTTP\r\n\r\n')],
    ['is a proxy whose receiver did not respond in time', true, (response) => response.writeHead(504).end()],
    ['rejects the message', false, (response) => response.writeHead(500).end()],
  ])(
    'reports that the message may have been accepted, if the receiver %s: %s',
    async (_what, isAmbiguous, respond) => {
      receiver.respond = respond;
      expect(await client.send(receiver.url, message)).toMatchObject({ kind: 'failed', isAmbiguous });
    },
  );

  it('does not send to a name that resolves to this machine, unless only this machine reaches the console', async () => {
    const remote = new ChannelClient(false, 2_000);
    const detail = expect.stringContaining('address of this machine') as string;
    expect(await remote.send(`https://localhost:${receiver.port}/`, message)).toMatchObject({ detail });
    expect(await client.send(`http://localhost:${receiver.port}/`, message)).toMatchObject({ status: 204 });
    await remote.close();
    expect(receiver.messages).toHaveLength(1);
  });

  it('reports a name that does not resolve', async () => {
    const resolving = new ChannelClient(false, 10_000);
    const result = await resolving.send('https://receiver.invalid/hook', message);
    expect(result).toMatchObject({ kind: 'failed', detail: expect.stringMatching(/\(E[A-Z_]+\)/) as string });
    await resolving.close();
  });

  it('reports a failure without the URL, which is a secret', async () => {
    const { url } = receiver;
    await receiver.stop();
    const result = await client.send(url, message);
    expect(result).toMatchObject({
      kind: 'failed',
      detail: expect.stringContaining('ECONNREFUSED') as string,
      isAmbiguous: false,
    });
    expect(JSON.stringify(result)).not.toContain('hook');
    receiver = await NotificationReceiver.start();
  });
});
