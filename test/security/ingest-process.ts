import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { headerNames } from '@app/kafka';
import { type Exit } from '@tools/stack';
import { type ScratchTopics, scratchTopics } from '@app/testing';
import { buildApps } from '../../tools/start/build-apps';
import { AppFleet, type AppInstance } from '../chaos/app-fleet';
import { mebibyte, nodeOptions } from './form';

export const authorization = `Bearer ${randomUUID()}`;
export const webhookPath = '/v1/webhooks/revenuecat';
/** Memory of the container, in bytes (docker-compose.yml, deploy/kubernetes). */
export const containerBytes = 512 * mebibyte;

/** ingest in a separate process, so that its memory does not include that of the senders. */
export class IngestProcess {
  private constructor(
    readonly topics: ScratchTopics,
    private readonly fleet: AppFleet,
    private readonly instance: AppInstance,
    private readonly folder: string,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<IngestProcess> {
    await buildApps();
    const folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-security-'));
    const topics = await scratchTopics(1);
    const fleet = new AppFleet(
      'ingest',
      {
        NODE_OPTIONS: nodeOptions(containerBytes),
        KAFKA_TOPIC_PREFIX: topics.prefix,
        WEBHOOK_AUTHORIZATION: authorization,
        ...env,
      },
      folder,
    );
    const instance = await fleet.start();
    await fleet.ready();
    return new IngestProcess(topics, fleet, instance, folder);
  }

  get url(): string {
    return this.instance.url;
  }

  /** Resident memory in bytes. */
  memory(): Promise<number> {
    return this.fleet.memory();
  }

  /** Instances that exited unexpectedly. */
  get crashed(): readonly string[] {
    return this.fleet.exited;
  }

  /** Sends SIGTERM. Resolves with the exit code when the process has exited. */
  async terminate(): Promise<Exit> {
    const { exited } = this.instance.process;
    await this.fleet.terminate(this.instance);
    return exited;
  }

  log(): Promise<string> {
    return readFile(path.join(this.folder, `${this.instance.name}.log`), 'utf8');
  }

  post(body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url + webhookPath, {
      method: 'POST',
      body,
      headers: { authorization, 'content-type': 'application/json', ...headers },
    });
  }

  /** Sends an event, and returns the time until it was accepted, in ms. */
  async send(id: string = randomUUID()): Promise<number> {
    const begunMs = performance.now();
    const response = await this.post(eventBody(id));
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`ingest responded with ${String(response.status)}`);
    return performance.now() - begunMs;
  }

  /** Resolves when the event is in Kafka. */
  async inKafka(id: string): Promise<void> {
    const isWanted = ({ headers }: { headers: Readonly<Record<string, string>> }): boolean =>
      headers[headerNames.eventId] === id;
    await this.topics.find(this.topics.names.events, isWanted);
  }

  /** Opens a raw connection. Received data is discarded unless the socket is paused. */
  connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(this.url).port), '127.0.0.1', () => {
        socket.off('error', reject).on('error', () => undefined);
        resolve(socket);
      }).once('error', reject);
      socket.resume();
    });
  }

  /** Sends raw bytes and returns the first bytes of the response; empty if the connection was closed without one. */
  async respondTo(bytes: string | Buffer): Promise<string> {
    const socket = await this.connect();
    let received = '';
    const ended = new Promise((resolve) => {
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        if (received.includes('\r\n\r\n')) resolve(undefined);
      });
      socket.once('close', resolve);
      socket.setTimeout(15_000, () => socket.destroy());
    });
    socket.write(bytes, 'latin1');
    await ended;
    socket.destroy();
    return received;
  }

  async stop(): Promise<void> {
    await this.fleet.stop();
    await this.topics.remove();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function eventBody(id: string): string {
  return JSON.stringify({ api_version: '1.0', event: { id, type: 'RENEWAL', app_user_id: 'anna' } });
}

/** The head of a webhook with these headers, followed by a part of its body. */
export function request(headers: readonly string[], body = '', path = webhookPath): string {
  return [`POST ${path} HTTP/1.1`, 'host: ingest', ...headers, '', body].join('\r\n');
}
