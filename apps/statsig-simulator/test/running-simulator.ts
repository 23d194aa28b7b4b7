import { createApp } from '@app/platform';
import { silentLogger } from '@app/testing';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { simulatorConfig } from '../src/simulator-config';
import { simulatorApp } from '../src/simulator.app';

export interface EventJson {
  seq: number;
  id: string;
  userId: string;
  body: unknown;
  rawBody: string;
  event: unknown;
  headers: Record<string, string>;
  ingested: boolean;
}

export interface SendOptions {
  path?: string;
  key?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  redirect?: 'manual';
}

export const logEvent = '/v1/log_event';

/** A simulator on its own port that accepts the keys "k1" and "k2" and bodies of up to 4,000 bytes. */
export class RunningSimulator {
  private constructor(
    private readonly app: NestFastifyApplication,
    readonly url: string,
  ) {}

  static async start(): Promise<RunningSimulator> {
    const config = simulatorConfig.parse({ SIMULATOR_KEYS: 'k1,k2', SIMULATOR_MAX_BODY_BYTES: '4000' });
    const app = await createApp(simulatorApp, config, silentLogger);
    await app.listen(0, '127.0.0.1');
    return new RunningSimulator(app, await app.getUrl());
  }

  stop(): Promise<void> {
    return this.app.close();
  }

  /** Restores the initial state. */
  async reset(): Promise<void> {
    await fetch(`${this.url}/_sim/faults`, { method: 'DELETE' });
    await fetch(`${this.url}/_sim/events`, { method: 'DELETE' });
    await this.put('settings', { includeSandbox: false, keys: ['k1', 'k2'] });
  }

  send(
    body: unknown,
    { path = '/v1/webhooks/revenuecat', key = 'k1', headers, ...options }: SendOptions = {},
  ): Promise<Response> {
    return fetch(this.url + path, {
      method: 'POST',
      headers: { 'STATSIG-api-key': key, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      ...options,
    });
  }

  put(path: string, body: object): Promise<Response> {
    return fetch(`${this.url}/_sim/${path}`, { method: 'PUT', body: JSON.stringify(body) });
  }

  faults(...rules: object[]): Promise<Response> {
    return this.put('faults', { seed: 1, rules });
  }

  async get<T = Record<string, unknown>>(path: string): Promise<T> {
    return (await (await fetch(`${this.url}/_sim/${path}`)).json()) as T;
  }

  async events(query = ''): Promise<EventJson[]> {
    return (await this.get<{ events: EventJson[] }>(`events?${query}`)).events;
  }
}

export const envelope = (id: string, fields: object = {}) => ({
  api_version: '1.0',
  event: { id, type: 'RENEWAL', app_user_id: 'u1', ...fields },
});

export const batch = (...ids: string[]) => ({
  events: ids.map((id) => ({
    eventName: 'renewal',
    user: { userID: `user of ${id}` },
    metadata: { event_id: id },
  })),
});

export async function statusAndBody(response: Promise<Response>): Promise<[number, unknown]> {
  const settled = await response;
  return [settled.status, await settled.json()];
}
