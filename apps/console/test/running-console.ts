import { createApp, type Logger, readConfig } from '@app/platform';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { silentLogger } from '@app/testing';
import { consoleApp } from '../src/console.app';
import { consoleConfig } from '../src/console.config';
import { ReadModel } from '../src/read-model/read-model';

export const token = 'token-of-the-tests';
const century = '36500d';

/** Runs the console in this process, with the Kafka and Redis of the tests. */
export class RunningConsole {
  private constructor(
    private readonly app: NestFastifyApplication,
    readonly url: string,
  ) {}

  static async start(
    prefix: string,
    env: Record<string, string> = {},
    logger: Logger = silentLogger,
  ): Promise<RunningConsole> {
    const config = readConfig(consoleConfig, {
      KAFKA_BROKERS: process.env['KAFKA_BROKERS'],
      REDIS_URL: process.env['REDIS_URL'],
      KAFKA_TOPIC_PREFIX: prefix,
      CONSOLE_TOKEN: token,
      CONSOLE_DATABASE: ':memory:',
      // The tests write records with times long ago.
      CONSOLE_RETENTION: century,
      CONSOLE_DEAD_LETTER_RETENTION: century,
      CONSOLE_AUDIT_RETENTION: century,
      ...env,
    });
    const app = await createApp(consoleApp, config, logger);
    await app.init();
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    return new RunningConsole(app, await app.getUrl());
  }

  get model(): ReadModel {
    return this.app.get(ReadModel);
  }

  stop(): Promise<void> {
    return this.app.close();
  }

  /** Sends a GET request with the token. */
  get(path: string): Promise<Response> {
    return fetch(`${this.url}/api/${path}`, { headers: { authorization: `Bearer ${token}` } });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/api/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  put(path: string, body: unknown): Promise<Response> {
    return fetch(`${this.url}/api/${path}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  remove(path: string): Promise<Response> {
    return fetch(`${this.url}/api/${path}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
  }

  /** Sends a POST request with the token. */
  do(path: string, body: unknown = {}): Promise<Response> {
    return this.post(path, body, { authorization: `Bearer ${token}` });
  }
}
