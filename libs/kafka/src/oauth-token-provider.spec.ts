import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { OAuthTokenError, OAuthTokenProvider } from './oauth-token-provider';

type Respond = (response: ServerResponse) => void;

const json =
  (status: number, body: object): Respond =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

describe('a token provider', () => {
  let server: Server;
  let endpoint: string;
  let respond: Respond;
  const requests: { headers: IncomingMessage['headers']; body: string }[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      void text(request).then((body) => {
        requests.push({ headers: request.headers, body });
        respond(response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/token`;
  });

  beforeEach(() => {
    requests.length = 0;
  });

  afterAll(() => server.close());

  const provider = (scope?: string) =>
    new OAuthTokenProvider({ endpoint, clientId: 'app:1', clientSecret: 'hidden secret+', scope });

  it('requests a token with the client credentials grant', async () => {
    respond = json(200, { access_token: 'token-1', token_type: 'Bearer', expires_in: 3_600 });
    expect(await provider('kafka').token()).toBe('token-1');
    const [request] = requests;
    expect(request?.body).toBe('grant_type=client_credentials&scope=kafka');
    expect(request?.headers['content-type']).toContain('application/x-www-form-urlencoded');
    // RFC 6749, 2.3.1: both parts are form-encoded first.
    expect(request?.headers.authorization).toBe(`Basic ${btoa('app%3A1:hidden+secret%2B')}`);
  });

  it('uses a token until it is about to expire, and requests one at a time', async () => {
    respond = json(200, { access_token: 'long', expires_in: 3_600 });
    const long = provider();
    await Promise.all([long.token(), long.token()]);
    await long.token();
    expect(requests).toHaveLength(1);

    respond = json(200, { access_token: 'short', expires_in: 20 });
    const short = provider();
    await short.token();
    await short.token();
    expect(requests).toHaveLength(3);
  });

  it.each<[string, Respond, string]>([
    ['rejects the client', json(401, { error: 'invalid_client' }), 'HTTP 401, invalid_client'],
    [
      'returns an arbitrary error text',
      json(400, { error: 'hidden secret+', detail: 'hidden' }),
      'HTTP 400)',
    ],
    ['responds without a token', json(200, { token_type: 'Bearer' }), 'HTTP 200)'],
    ['responds with HTML', (response) => response.end('<html>hidden</html>'), 'HTTP 200)'],
    [
      'sends an endless response',
      (response) => response.end('x'.repeat(100_000)),
      'Check KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL',
    ],
    [
      'redirects',
      (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      'Check KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL',
    ],
    [
      'closes the connection',
      (response) => response.destroy(),
      'Check KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL',
    ],
  ])(
    'names the settings to check, without a secret, if the endpoint %s',
    async (_what, response, message) => {
      respond = response;
      const failure: unknown = await provider()
        .token()
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(OAuthTokenError);
      expect(String(failure)).toContain(message);
      expect(String(failure)).not.toContain('hidden');
    },
  );

  it('requests again after a failure', async () => {
    const tokens = provider();
    respond = json(503, {});
    await expect(tokens.token()).rejects.toThrow(OAuthTokenError);
    respond = json(200, { access_token: 'later', expires_in: 60 });
    expect(await tokens.token()).toBe('later');
  });
});
