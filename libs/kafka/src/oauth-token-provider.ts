import { z } from 'zod';

export interface OAuthClient {
  /** Token endpoint. */
  endpoint: string;
  clientId: string;
  clientSecret: string;
  scope: string | undefined;
}

/** The token endpoint issued no token. The message names the settings to check, and contains no secret. */
export class OAuthTokenError extends Error {
  override readonly name = 'OAuthTokenError';
}

const timeoutMs = 5_000;
const maxResponseBytes = 64 * 1024;
/** Minimum remaining lifetime of a token: kafkajs authenticates again 10 seconds before a session ends. */
const minLifetimeMs = 30_000;

/** https://www.rfc-editor.org/rfc/rfc6749#section-5.1 */
const tokenSchema = z.object({
  access_token: z.string().min(1),
  /** In seconds. */
  expires_in: z.coerce.number().positive().optional(),
});
/** https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
const errorSchema = z.object({ error: z.string().regex(/^[a-z_]{1,64}$/) });

/**
 * Requests access tokens with the OAuth 2.0 client credentials grant. All connections share a token until it is about to
 * expire. Only one request for a token is made at a time.
 */
export class OAuthTokenProvider {
  private current: { token: string; replaceAtMs: number } | undefined;
  private pending: Promise<string> | undefined;

  constructor(private readonly client: OAuthClient) {}

  /** Rejects with {@link OAuthTokenError}. */
  token(): Promise<string> {
    if (this.current !== undefined && performance.now() < this.current.replaceAtMs)
      return Promise.resolve(this.current.token);
    this.pending ??= this.request().finally(() => {
      this.pending = undefined;
    });
    return this.pending;
  }

  private async request(): Promise<string> {
    const requestedAtMs = performance.now();
    const { access_token: token, expires_in: lifetimeS = 0 } = await requestToken(this.client);
    this.current = { token, replaceAtMs: requestedAtMs + lifetimeS * 1_000 - minLifetimeMs };
    return token;
  }
}

async function requestToken(client: OAuthClient): Promise<z.output<typeof tokenSchema>> {
  const { endpoint, clientId, clientSecret, scope } = client;
  let status: number;
  let text: string;
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        // https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
        authorization: `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`)}`,
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }),
      // The credentials must not be sent to another endpoint.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    status = response.status;
    text = await readLimited(response);
  } catch (error) {
    throw new OAuthTokenError(
      'The token endpoint does not respond as expected. Check KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL.',
      { cause: error },
    );
  }
  const body = parsedJson(text);
  const token = tokenSchema.safeParse(body);
  if (status === 200 && token.success) return token.data;
  const reason = errorSchema.safeParse(body).data?.error;
  throw new OAuthTokenError(
    `The token endpoint issued no token (HTTP ${status}${reason === undefined ? '' : `, ${reason}`}). ` +
      'Check the settings that begin with KAFKA_SASL_OAUTHBEARER.',
  );
}

async function readLimited(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxResponseBytes) throw new Error(`The response is larger than ${maxResponseBytes} bytes.`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Encodes text as application/x-www-form-urlencoded. */
function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
