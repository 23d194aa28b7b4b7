import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { customerHash } from '@app/identity';
import {
  type IntegrationInput,
  IntegrationStore,
  SecretBox,
  WebhookCredentialsStore,
} from '@app/integrations';
import { type ConsumedRecord, deliveriesTopic, headerNames, readTopic } from '@app/kafka';
import {
  connectRedis,
  createApp,
  createLogger,
  printableConfig,
  readConfig,
  type RedisClient,
} from '@app/platform';
import { FakeRevenueCat, RecordedSpans, silentLogger } from '@app/testing';
import { type LocalRedis, startRedis, until } from '@tools/stack';
import { register } from 'prom-client';
import { type z } from 'zod';
import { consoleConfig } from '../../apps/console/src/console.config';
import { NotificationReceiver } from '../../apps/console/test/notification-receiver';
import { RunningConsole } from '../../apps/console/test/running-console';
import { dispatcherConfig } from '../../apps/dispatcher/src/dispatcher.config';
import { ingestApp } from '../../apps/ingest/src/ingest.app';
import { ingestConfig } from '../../apps/ingest/src/ingest.config';
import { mapperConfig } from '../../apps/mapper/src/mapper.config';
import { RunningPipeline } from '../e2e/running-pipeline';
import { EchoingStatsig } from './echoing-statsig';
import { within } from './form';

jest.setTimeout(500_000);

const marked = (name: string): string => `${name}-${randomBytes(8).toString('hex')}`;

/** Must not appear anywhere. */
const secrets = {
  authorization: marked('authorization'),
  ownAuthorization: marked('own-authorization'),
  signing: marked('signing-secret'),
  statsig: marked('statsig-secret'),
  sandboxStatsig: marked('sandbox-statsig-secret'),
  ownStatsig: marked('own-statsig-secret'),
  wrongStatsig: marked('wrong-statsig-secret'),
  salt: marked('salt-of-the-hashes'),
  revenueCat: marked('sk-revenuecat'),
  redis: marked('redis-password'),
  otherRedis: marked('other-redis-password'),
  kafka: marked('kafka-password'),
  console: marked('console-token'),
  channel: marked('channel-url'),
  encryptionKey: randomBytes(32).toString('base64'),
  otherEncryptionKey: randomBytes(32).toString('base64'),
};
const { encryptionKey, otherEncryptionKey } = secrets;

/** Short, because V8 quotes ten characters of invalid JSON. */
const stem = `m${randomBytes(4).toString('hex').slice(1)}`;

/** May appear only in the topics and the parts of the console that docs/privacy.md lists. */
const personal = {
  email: `${stem}@example.com`,
  phone: `+4915${String(randomBytes(6).readUIntBE(0, 6))}`,
  hashed: marked('hashed-city'),
  dropped: marked('dropped-plan'),
  customer: marked('customer'),
  /** Becomes the `userID` of the project that selects it. */
  account: marked('account'),
};
/** Personal data that must not be sent to Statsig. */
const notSent = [personal.phone, personal.hashed, personal.dropped];

/** A readable text and its location. */
interface Finding {
  place: string;
  text: string;
}

const shop = 'shop';
const signed = 'signed';
const shaped = 'shaped';
/** Settings that change what Statsig receives, none of which has its default. */
const shapedSettings = {
  ...{ format: 'log_event', eventNames: 'lifecycle', revenue: 'after_commission', includeSandbox: true },
  ...{ userIdAttribute: 'account', anonymousCustomers: 'custom_id_only' },
  filters: { products: { exclude: ['com.example.tip.*'] } },
  customIds: { transaction: 'original_transaction_id', mail: '$email' },
  userProperties: ['status', 'entitlements', 'product', 'store', 'experiments'],
} satisfies Partial<IntegrationInput>;
/** One project per lookup, because lookups of a project pause after a failure. */
const asking = ['asks-0', 'asks-1', 'asks-2'];
const pathOf = (project: string): string => `/v1/projects/${project}/webhooks/revenuecat`;

function event(id: string, fields: object = {}): string {
  const attribute = (value: string): object => ({ value, updated_at_ms: 1_767_312_000_000 });
  const { email, phone, hashed, dropped, customer, account } = personal;
  return JSON.stringify({
    api_version: '1.0',
    event: {
      subscriber_attributes: {
        ...{ $email: attribute(email), $phoneNumber: attribute(phone) },
        ...{ city: attribute(hashed), plan: attribute(dropped), account: attribute(account) },
      },
      ...{ id, type: 'RENEWAL', environment: 'PRODUCTION', event_timestamp_ms: 1_767_312_000_000 },
      app_user_id: `${customer}-${id}`,
      ...{ product_id: 'com.example.pro', store: 'APP_STORE', price: 9.99, commission_percentage: 0.15 },
      ...{ original_transaction_id: `${customer}-${id}`, expiration_at_ms: 1_798_848_000_000 },
      ...fields,
    },
  });
}

/** Invalid bodies, each with personal data at the position of the error. */
const unreadable: (string | Buffer<ArrayBuffer>)[] = [
  `{"event":{"id":"x","email":${personal.email}}}`,
  `{"event":{"id":"x","email":"${personal.email}`,
  `{"event":{"id":"x" ${personal.email}}}`,
  `email=${personal.email}&phone=${personal.phone}`,
  Buffer.concat([Buffer.from(personal.email), Buffer.from([0xff])]),
  JSON.stringify([personal.email]),
  `{"event":"${personal.email}"}`,
  `{"event":{"id":{"email":"${personal.email}"}}}`,
  `{"event":{"id":"${personal.email}\\ud800"}}`,
  `{"event":{"id":"${personal.email.repeat(30)}"}}`,
  `{"event":{"id":"x","email":"${personal.email}","x":NaN}}${' '.repeat(70_000)}`,
];

describe('secrets and personal data', () => {
  const lines: string[] = [];
  const responses: Finding[] = [];
  const logger = createLogger('test', 'trace', { write: (line) => lines.push(line) });
  let spans: RecordedSpans;
  let server: LocalRedis;
  let redis: RedisClient;
  let statsig: EchoingStatsig;
  let revenueCat: FakeRevenueCat;
  let pipeline: RunningPipeline;
  let opened: RunningConsole;
  let receiver: NotificationReceiver;
  let records: ConsumedRecord[];
  /** Console pages while Statsig rejects an event, and after its customer was forgotten. */
  /** Pages while Statsig rejects a project and quotes an event in its response. */
  let whileSuspended: Finding[];
  let afterwards: Finding[];
  /** URLs of ingest, the mapper and the dispatcher. */
  let urls: string[];
  let ingestUrl: string;

  beforeAll(async () => {
    spans = RecordedSpans.start();
    [server, statsig, revenueCat] = await Promise.all([
      startRedis({ password: secrets.redis }),
      EchoingStatsig.start(),
      FakeRevenueCat.start(),
    ]);
    redis = connectRedis({ REDIS_URL: [server.url] }, silentLogger);
    await configure();
    pipeline = await RunningPipeline.start(
      {
        REDIS_URL: server.url,
        SETTINGS_ENCRYPTION_KEY: encryptionKey,
        WEBHOOK_AUTHORIZATION: secrets.ownAuthorization,
        STATSIG_SERVER_SECRET: secrets.ownStatsig,
        STATSIG_BASE_URL: statsig.url,
        STATSIG_EVENTS_URL: statsig.url,
        REVENUECAT_API_URL: revenueCat.url,
        ...{
          DISPATCHER_RETRY_BASE_DELAY: '20ms',
          DISPATCHER_RETRY_MAX_DELAY: '100ms',
          DISPATCHER_BREAKER_MAX_INTERVAL: '200ms',
          DISPATCHER_SUSPENSION_MAX_INTERVAL: '200ms',
        },
      },
      [],
      { logger },
    );
    urls = await Promise.all(
      (['ingest', 'mapper', 'dispatcher'] as const).map((name) => pipeline.urlOf(name)),
    );
    [ingestUrl = ''] = urls;
    opened = await RunningConsole.start(
      pipeline.topics.prefix,
      {
        ...pipeline.env,
        PROJECT_ID: pipeline.projectId,
        CONSOLE_TOKEN: secrets.console,
        CONSOLE_SIGN_INS_PER_MINUTE: '1000',
      },
      logger,
    );
    receiver = await NotificationReceiver.start();
    await addChannel();
    const phases = { atTheEndpoint, inTheTopics, atRevenueCat, atStatsig, atRedis, atKafka, atTheConsole };
    for (const [name, phase] of Object.entries(phases)) await within(60_000, name, phase());
    await within(30_000, 'the last event', arrives('last'));
    await within(60_000, 'reading everything', readEverything());
    await within(60_000, 'being notified', beNotified());
    await within(60_000, 'forgetting all customers', forgetAll());
  });

  afterAll(async () => {
    spans.stop();
    await opened.stop();
    await receiver.stop();
    await pipeline.stop();
    await revenueCat.stop();
    statsig.stop();
    redis.disconnect();
    await server.stop();
  });

  async function configure(): Promise<void> {
    const box = new SecretBox([Buffer.from(encryptionKey, 'base64')]);
    const store = new IntegrationStore(redis, box);
    const credentials = new WebhookCredentialsStore(redis, box);
    const privacy = { attributes: { city: 'hash', plan: 'drop' }, salt: secrets.salt } as const;
    const lookup = { revenueCatProjectId: 'proj1', apiKey: secrets.revenueCat };
    const serverSecret = secrets.statsig;
    await store.save({ projectId: shop, serverSecret, privacy });
    await store.save({ projectId: signed, serverSecret, privacy });
    for (const projectId of asking) await store.save({ projectId, serverSecret, privacy, lookup });
    const sandboxServerSecret = secrets.sandboxStatsig;
    await store.save({
      ...{ projectId: shaped, ...shapedSettings, serverSecret, sandboxServerSecret, privacy, lookup },
    });
    await credentials.change(shop, () => ({ authorizations: [secrets.authorization], signingSecrets: [] }));
    await credentials.change(signed, () => ({ authorizations: [], signingSecrets: [secrets.signing] }));
    const other = new SecretBox([Buffer.from(otherEncryptionKey, 'base64')]);
    await new IntegrationStore(redis, other).save({ projectId: 'sealed', serverSecret, privacy, lookup });
    await new WebhookCredentialsStore(redis, other).change('sealed', () => ({
      authorizations: [secrets.authorization],
      signingSecrets: [secrets.signing],
    }));
    // As if an operator had stored it manually without encryption.
    await redis.sadd('integrations', 'garbled', 'unsealed');
    await redis.set('integration:garbled', `{"serverSecret":${secrets.statsig}}`);
    await redis.set('integration:unsealed', JSON.stringify({ serverSecret: secrets.statsig, privacy: {} }));
    await redis.hset('webhooks', 'garbled', `{"authorizations":[${secrets.authorization}]}`);
    await redis.hset(
      'webhooks',
      'unsealed',
      `{"authorizations":["${secrets.authorization}"],"signingSecrets":[]}`,
    );
  }

  async function read(place: string, response: Promise<Response>): Promise<number> {
    const { status, headers, ...rest } = await response.then(async (received) => ({
      status: received.status,
      headers: JSON.stringify([...received.headers]),
      text: await received.text(),
    }));
    responses.push({ place, text: `${headers} ${rest.text}` });
    return status;
  }

  const post = (
    body: string | Buffer<ArrayBuffer>,
    headers: Record<string, string> = {},
    path = pathOf(shop),
  ): Promise<number> =>
    read(
      'ingest',
      fetch(ingestUrl + path, {
        method: 'POST',
        body,
        headers: { authorization: secrets.authorization, 'content-type': 'application/json', ...headers },
      }),
    );

  const untilLogged = (text: string, from = 0): Promise<void> =>
    until(
      () =>
        lines.slice(from).some((line) => line.includes(text))
          ? Promise.resolve()
          : Promise.reject(new Error(`not logged: ${text}`)),
      { timeoutMs: 30_000 },
    );

  const produce = (value: string | Buffer, projectId: string): Promise<void> =>
    pipeline.producer.send([
      {
        topic: pipeline.topics.names.events,
        key: null,
        value,
        headers: { [headerNames.projectId]: projectId },
      },
    ]);

  const arrives = async (id: string, projectId = shop): Promise<void> => {
    await produce(event(id), projectId);
    await pipeline.receiptsOf([id], 'delivered');
  };

  async function atTheEndpoint(): Promise<void> {
    await until(
      async () => {
        expect(await post(event('first'))).toBe(200);
      },
      { timeoutMs: 10_000 },
    );
    const { authorization, ownAuthorization, signing } = secrets;
    const wrong = [
      ownAuthorization, `Bearer ${authorization}`, `"${authorization}"`, authorization.toUpperCase(), signing,
      `Basic ${Buffer.from(`x:${authorization}`).toString('base64')}`, authorization.slice(0, -1),
    ]; // prettier-ignore
    for (const value of wrong) expect(await post(event('x'), { authorization: value })).toBe(401);
    expect(await post(event('x'), {}, pathOf('absent'))).toBe(404);
    expect(await post(event('x'), {}, `/v1/webhooks/revenuecat?authorization=${authorization}`)).toBe(401);
    expect(await post(event('x'), { 'x-revenuecat-webhook-signature': signing }, pathOf(signed))).toBe(401);
    const now = Math.floor(Date.now() / 1_000);
    const hash = createHmac('sha256', signing)
      .update(`${String(now)}.other`)
      .digest('hex');
    const signature = `t=${String(now)},v1=${hash}`;
    expect(await post(event('x'), { 'x-revenuecat-webhook-signature': signature }, pathOf(signed))).toBe(401);
    for (const body of unreadable) expect(await post(body)).toBe(400);
    expect(await post(event('x'), { 'content-type': 'text/plain' })).toBe(415);
    expect(await post(event('x'), { 'content-encoding': 'gzip' })).toBe(400);
    expect(await post(event('x'), { 'content-encoding': 'zip' })).toBe(415);
    expect(await post(event('x').repeat(4_000))).toBe(413);
    expect(await post(gzipSync(event('x').repeat(4_000)), { 'content-encoding': 'gzip' })).toBe(413);
  }

  async function inTheTopics(): Promise<void> {
    for (const body of unreadable) await produce(body, shop);
    await produce(event('no-project'), personal.email);
    await produce(event('no-integration'), 'absent');
    await produce(event('waiting'), 'sealed');
    await produce(
      event('no-customer', { type: 'TRANSFER', transferred_from: [personal.email.repeat(30)] }),
      shop,
    );
    const topic = deliveriesTopic(pipeline.topics.names, shop);
    await arrives('creates-the-topic');
    await pipeline.producer.send([
      { topic, key: null, value: `{"eventId":${personal.email},"body":{}}` },
      { topic, key: null, value: personal.email },
      { topic: pipeline.topics.names.receipts, key: null, value: personal.email },
      { topic: pipeline.topics.names.audit, key: null, value: personal.email },
    ]);
    await untilDeadLetter('not_a_delivery');
    await untilDeadLetter('no_integration');
  }

  const untilDeadLetter = async (reason: string): Promise<void> => {
    const { eventsDeadLetter, deliveriesDeadLetter } = pipeline.topics.names;
    const topic = reason === 'not_a_delivery' ? deliveriesDeadLetter : eventsDeadLetter;
    await pipeline.topics.find(topic, ({ headers }) => headers[headerNames.deadLetterReason] === reason);
  };

  async function atRevenueCat(): Promise<void> {
    const said = `The key ${secrets.revenueCat} may not read ${personal.email}`;
    const faults: ((response: Parameters<NonNullable<FakeRevenueCat['fault']>>[0]) => void)[] = [
      (response) => {
        const body = { object: 'error', type: 'authorization_error', message: said };
        response.writeHead(403).end(JSON.stringify(body));
      },
      (response) => response.end(`${said}, and is not JSON`),
      (response) => response.end(JSON.stringify({ items: said, next_page: said })),
    ];
    for (const [n, fault] of faults.entries()) {
      revenueCat.fault = fault;
      const before = lines.length;
      await arrives(`new-customer-${String(n)}`, asking[n]);
      await untilLogged('failed to look up a customer in RevenueCat', before);
    }
  }

  async function atStatsig(): Promise<void> {
    for (const status of [503, 400, 302, 401]) {
      const id = `status-${String(status)}`;
      const ofShaped = ['production', 'sandbox'].map((environment) => `${environment}-${String(status)}`);
      statsig.status = status;
      await produce(event(id), shop);
      for (const one of ofShaped) {
        const environment = one.startsWith('sandbox') ? 'SANDBOX' : 'PRODUCTION';
        await produce(event(one, { environment }), shaped);
      }
      await pipeline.receiptsOf(ofShaped, 'retrying', 'dead_lettered');
      if (status === 400) await pipeline.receiptsOf([id], 'dead_lettered');
      else await pipeline.receiptsOf([id], 'retrying', 'dead_lettered');
      await read('dispatcher', fetch(`${urls.at(-1) ?? ''}/health/ready`));
      statsig.status = 200;
      if (status !== 400) await pipeline.receiptsOf([id], 'delivered');
      await pipeline.receiptsOf(ofShaped, 'delivered', 'dead_lettered');
    }
  }

  /** Redis errors contain the arguments of the command. */
  async function atRedis(): Promise<void> {
    const during = async (expected: string, begin: () => Promise<unknown>, end: () => Promise<unknown>) => {
      const before = lines.length;
      await begin();
      const id = randomUUID();
      await produce(event(id), shop);
      await post(event(`${id}-2`), { authorization: 'wrong' });
      await untilLogged(expected, before);
      for (const url of urls) await read('readiness', fetch(`${url}/health/ready`));
      for (const path of ['integrations', 'overview', 'customers?query=x']) await page(path);
      await end();
      await pipeline.receiptsOf([id], 'delivered');
    };
    await during(
      'OOM command not allowed',
      () => redis.call('CONFIG', 'SET', 'maxmemory', '1'),
      () => redis.call('CONFIG', 'SET', 'maxmemory', '0'),
    );
    await during(
      'READONLY',
      () => redis.call('REPLICAOF', '127.0.0.1', '1'),
      () => redis.call('REPLICAOF', 'NO', 'ONE'),
    );
    await during(
      'WRONGPASS',
      async () => {
        await redis.call('CONFIG', 'SET', 'requirepass', secrets.otherRedis);
        await redis.call('CLIENT', 'KILL', 'TYPE', 'normal');
      },
      () => redis.call('CONFIG', 'SET', 'requirepass', secrets.redis),
    );
  }

  /** The test Kafka has no SASL, so authentication fails. */
  async function atKafka(): Promise<void> {
    const before = lines.length;
    const config = readConfig(ingestConfig, {
      KAFKA_BROKERS: process.env['KAFKA_BROKERS'],
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'ingest',
      KAFKA_SASL_PASSWORD: secrets.kafka,
      REDIS_URL: server.url,
      WEBHOOK_AUTHORIZATION: secrets.authorization,
    });
    const app = await createApp(ingestApp, config, logger);
    await app.listen(0, '127.0.0.1');
    await untilLogged('failed to reach Kafka', before);
    const url = await app.getUrl();
    await read('readiness', fetch(`${url}/health/ready`));
    await read(
      'ingest',
      fetch(`${url}/v1/webhooks/revenuecat`, {
        method: 'POST',
        body: event('not-accepted'),
        headers: { authorization: secrets.authorization, 'content-type': 'application/json' },
      }),
    );
    await app.close();
  }

  async function atTheConsole(): Promise<void> {
    const send = (
      path: string,
      body: string,
      authorization = `Bearer ${secrets.console}`,
      method = 'POST',
    ): Promise<number> =>
      read(
        `console: ${method} ${path}`,
        fetch(`${opened.url}/api/${path}`, {
          method,
          body,
          headers: { authorization, 'content-type': 'application/json' },
        }),
      );
    const settings = {
      ...{ format: 'revenuecat', eventNames: 'received', eventTypes: ['*'], includeSandbox: true },
      ...{ sandboxTier: 'development', identity: 'app_user_id', customIds: {} },
    };
    const serverSecret = secrets.wrongStatsig;
    await send('session', JSON.stringify({ name: 'Ada', token: secrets.authorization }));
    await send('session', `{"token":${secrets.console}}`);
    await send('integrations', '{}', `Bearer ${secrets.authorization}`);
    await send('integrations', `{"projectId":"new","serverSecret":${serverSecret}}`);
    await send('integrations', `{"projectId":"new","serverSecret":"${serverSecret}`);
    await send('integrations', JSON.stringify({ projectId: 'new', serverSecret: [serverSecret] }));
    await send('integrations', JSON.stringify({ projectId: 'new', serverSecret: `${serverSecret} x` }));
    await send('integrations', JSON.stringify({ projectId: serverSecret.repeat(5), serverSecret }));
    await send(
      `integrations/${shop}/secret`,
      JSON.stringify({ serverSecret: `${serverSecret}\n${serverSecret} ` }),
    );
    const privacy = { salt: secrets.salt, attributes: 'hash' };
    await send('integrations', JSON.stringify({ projectId: 'new', serverSecret, ...settings, privacy }));
    await send(`integrations/${shop}/webhook/signing-secret`, JSON.stringify({ value: [secrets.signing] }));
    await send('integrations/reseal', '{}');
    for (const status of [401, 500, 302]) {
      statsig.status = status;
      await send('test-events', JSON.stringify({ ...settings, serverSecret }));
      await send('test-events', JSON.stringify({ ...settings, projectId: shop }));
    }
    statsig.status = 200;
    const define = (definition: object, dryRun: boolean): Promise<number> => {
      const body = JSON.stringify({ settings: definition, dryRun });
      return send(`integration-definitions/${shaped}`, body, undefined, 'PUT');
    };
    const sandboxServerSecret = secrets.sandboxStatsig;
    const treated = { attributes: { city: 'hash', plan: 'drop' } };
    const whole = {
      ...{ ...shapedSettings, sandboxServerSecret, privacy: { ...treated, salt: secrets.salt } },
      lookup: { revenueCatProjectId: 'proj1', apiKey: secrets.revenueCat },
    };
    for (const dryRun of [true, false]) {
      expect(await define({ ...whole, revenue: 'gross' }, dryRun)).toBe(200);
      expect(await define(whole, dryRun)).toBe(200);
      expect(await define({ ...whole, sandboxServerSecret: [sandboxServerSecret] }, dryRun)).toBe(400);
      expect(await define({ ...whole, lookup: { apiKey: [secrets.revenueCat] } }, dryRun)).toBe(400);
    }
    await send(`integrations/${shaped}/secret`, JSON.stringify({ sandboxServerSecret }));
    const draft = { projectId: shaped, settings: { ...settings, ...shapedSettings, privacy: treated } };
    expect(await send('previews', JSON.stringify({ ...draft, event: { json: event('previewed') } }))).toBe(
      200,
    );
    await send('previews', JSON.stringify({ ...draft, settings: { ...settings, privacy }, event: {} }));
    await send(`integrations/${shop}/pause`, '{}');
    await send(`integrations/${shop}/resume`, '{}');
    await send('integrations/sealed/resume', '{}');
  }

  const ask = (path: string): Promise<Response> =>
    fetch(`${opened.url}/api/${path}`, { headers: { authorization: `Bearer ${secrets.console}` } });
  async function addChannel(): Promise<void> {
    const { status } = await fetch(`${opened.url}/api/notification-channels`, {
      method: 'POST',
      body: JSON.stringify({ kind: 'webhook', name: 'Pager', url: `${receiver.url}/${secrets.channel}` }),
      headers: { authorization: `Bearer ${secrets.console}`, 'content-type': 'application/json' },
    });
    expect(status).toBe(201);
  }

  async function beNotified(): Promise<void> {
    await until(
      () => {
        expect(receiver.types()).toEqual(
          expect.arrayContaining(['webhooks.rejected', 'dead_letters.opened']),
        );
        return Promise.resolve();
      },
      { timeoutMs: 50_000 },
    );
  }

  const page = (path: string): Promise<number> => read(`console: ${path}`, ask(path));
  const json = async <T>(path: string): Promise<T> => (await (await ask(path)).json()) as T;
  const textOf = async (path: string): Promise<Finding> => ({
    place: path,
    text: await (await ask(path)).text(),
  });

  async function forgetAll(): Promise<void> {
    const pages = ['overview', 'integrations', `integrations/${shop}`];
    const readPages = (): Promise<Finding[]> => Promise.all(pages.map(textOf));
    statsig.status = 401;
    await produce(event('quoted'), shop);
    await until(
      async () => {
        whileSuspended = await readPages();
        for (const { text } of whileSuspended) expect(text).toContain('Statsig responded with 401.');
      },
      { timeoutMs: 20_000 },
    );
    const { db, forgotten } = opened.model;
    const ids = db.all<{ id: string }>('SELECT DISTINCT id FROM mentions').map(({ id }) => id);
    const projects = db
      .all<{ project: string }>('SELECT DISTINCT project FROM events')
      .map(({ project }) => project);
    for (const project of projects) {
      const detail = { project, idHashes: ids.map((id) => customerHash(project, id)) };
      const entry = {
        ...{ atMs: Date.now(), who: 'command line', from: '', action: 'forget', target: project },
        detail,
      };
      await pipeline.producer.send([
        { topic: pipeline.topics.names.audit, key: project, value: JSON.stringify(entry) },
      ]);
    }
    await until(
      () => {
        expect(db.all('SELECT DISTINCT project FROM forgotten')).toHaveLength(projects.length);
        expect(forgotten.isPending).toBe(false);
        return Promise.resolve();
      },
      { timeoutMs: 30_000 },
    );
    // Attempts continue, and their receipts quote the event again.
    const forgottenAtMs = Date.now();
    await until(
      () => {
        const problem = db.get<{ atMs: number }>(
          'SELECT problem_at_ms AS atMs FROM projects WHERE project = ?',
          shop,
        );
        expect(problem?.atMs).toBeGreaterThan(forgottenAtMs);
        return Promise.resolve();
      },
      { timeoutMs: 20_000 },
    );
    afterwards = await Promise.all(
      [...pages, 'events?limit=200', 'events/export', `customers?query=${personal.customer}`].map(textOf),
    );
  }

  /** Reads everything at the end: topics, metrics, readiness, every page of the console. */
  async function readEverything(): Promise<void> {
    const { kafka, prefix, names } = pipeline.topics;
    const admin = kafka.admin();
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    await admin.disconnect();
    records = [];
    for (const topic of topics) await readTopic(kafka, topic, {}, (record) => void records.push(record));
    expect(new Set(topics)).toEqual(
      new Set(
        [
          ...[names.events, names.eventsDeadLetter, names.receipts, names.deliveriesDeadLetter, names.audit],
          ...[shop, shaped, ...asking].map((project) => deliveriesTopic(names, project)),
        ].concat(topics.filter((topic) => topic === deliveriesTopic(names, 'default'))),
      ),
    );
    for (const url of [...urls, opened.url]) await read('readiness', fetch(`${url}/health/ready`));
    // Includes all apps, because they share one process.
    responses.push({ place: 'metrics', text: await register.metrics() });
    await until(
      async () => {
        expect(await json(`event?project=${shop}&id=last`)).toMatchObject({ outcome: 'delivered' });
      },
      { timeoutMs: 20_000 },
    );
    const pages = [
      'session',
      'overview?range=15m',
      'integrations',
      'integration-definitions',
      `integrations/${shaped}/filtered-events`,
      `integrations/${shaped}/revenuecat-webhooks`,
      'setup',
      'audit',
      'audit/facets',
      'redrives',
      'notification-channels',
    ];
    for (const path of [...pages, 'events?limit=200', 'events/facets', 'events/export', 'dead-letter-groups'])
      await page(path);
    for (const project of [shop, shaped, 'sealed', 'garbled', 'unsealed', pipeline.projectId])
      await page(`integrations/${project}`);
    const { events } = await json<{ events: { project: string; eventId: string }[] }>('events?limit=200');
    for (const { project, eventId } of events.slice(0, 40))
      await page(`event?project=${project}&id=${encodeURIComponent(eventId)}`);
    await page(`customers?query=${encodeURIComponent(personal.customer)}`);
    await page(`customer?project=${shop}&id=${personal.customer}-last`);
    await page(`customer/events?project=${shop}&id=${personal.customer}-last`);
    for (let id = 1; id <= 30; id += 1) await page(`dead-letters/${String(id)}`);
  }

  /** Locations of a text in any of its encodings. */
  const placesOf = (value: string, findings: readonly Finding[]): string[] => {
    const encodings = [
      value,
      Buffer.from(value).toString('base64').replace(/=+$/, ''),
      encodeURIComponent(value),
    ];
    return findings
      .filter(({ text }) => encodings.some((encoded) => text.includes(encoded)))
      .map(({ place, text }) => `${place}: ${excerpt(text, encodings)}`);
  };
  const excerpt = (text: string, encodings: readonly string[]): string => {
    const at = Math.max(...encodings.map((encoded) => text.indexOf(encoded)));
    return text.slice(Math.max(0, at - 120), at + 40);
  };
  const inLogs = (): Finding[] => lines.map((text) => ({ place: 'log', text }));
  const inSpans = (): Finding[] =>
    spans.all.map(({ name, attributes, events, status, links }) => ({
      place: `span ${name}`,
      text: JSON.stringify([name, attributes, events, status, links]),
    }));
  const inNotifications = (): Finding[] =>
    receiver.messages.map(({ headers, body }) => ({
      place: 'notification',
      text: `${JSON.stringify(headers)} ${body}`,
    }));
  const inTopics = (isWanted: (record: ConsumedRecord) => boolean = () => true): Finding[] =>
    records.filter(isWanted).map(({ topic, key, value, headers }) => ({
      place: topic.slice(pipeline.topics.prefix.length),
      text: `${String(key)} ${String(value)} ${JSON.stringify(headers)}`,
    }));

  it.each(Object.entries(secrets))('are not shown: %s', (_name, secret) => {
    const outputs = [...inLogs(), ...inSpans(), ...inNotifications(), ...responses, ...inTopics()];
    expect(placesOf(secret, outputs)).toEqual([]);
  });

  it.each(Object.entries({ ...personal, email: stem }))(
    'are not in a log, span, notification, metric, readiness check or response of the endpoint: %s',
    (_name, value) => {
      const { audit } = pipeline.topics.names;
      const isOurs = ({ topic, value: text }: ConsumedRecord): boolean =>
        topic === audit && String(text) !== personal.email;
      const others = responses.filter(
        ({ place }) => !/^console: (events?|customers?|dead-letters|POST previews)\b/.test(place),
      );
      const outputs = [...inLogs(), ...inSpans(), ...inNotifications(), ...others, ...inTopics(isOurs)];
      expect(placesOf(value, outputs)).toEqual([]);
    },
  );

  it.each(notSent)('are neither sent nor in a deliveries topic: %s', (value) => {
    const { names } = pipeline.topics;
    const isDelivery = ({ topic }: ConsumedRecord): boolean =>
      topic.startsWith(names.deliveriesPrefix) ||
      topic === names.deliveriesDeadLetter ||
      topic === names.receipts;
    const sent = statsig.accepted.map((text) => ({ place: 'Statsig', text }));
    expect(sent.length).toBeGreaterThan(5);
    expect(placesOf(value, [...sent, ...inTopics(isDelivery)])).toEqual([]);
  });

  it.each(Object.entries({ ...personal, email: stem }))(
    'are neither on a page about projects nor, after the customer was forgotten, on any page of the console: %s',
    (_name, value) => {
      expect(afterwards.length).toBeGreaterThan(0);
      expect(placesOf(value, [...whileSuspended, ...afterwards])).toEqual([]);
    },
  );

  it('are searched for in all places where they could have leaked', () => {
    const expected = ['webhook rejected', 'Statsig rejects this integration', 'integration unreadable'];
    for (const line of expected) expect(lines.join('')).toContain(line);
    const spanNames = spans.all.map(({ name }) => name).join();
    for (const name of ['POST /v1/', 'send ', 'process ']) expect(spanNames).toContain(name);
    expect(placesOf(personal.email, inTopics()).length).toBeGreaterThan(10);
    expect(placesOf(personal.email, responses).length).toBeGreaterThan(5);
  });
});

const schemas: [string, z.ZodObject][] = [
  ['ingest', ingestConfig],
  ['mapper', mapperConfig],
  ['dispatcher', dispatcherConfig],
  ['console', consoleConfig],
];

describe.each(schemas)('settings of %s', (_app, schema) => {
  const names = Object.keys(schema.shape).filter((name) =>
    /SECRET|PASSWORD|TOKEN(?!_ENDPOINT)|KEY|SALT|AUTHORIZATION|REDIS_URL|OTLP_HEADERS/.test(name),
  );

  it('are printed without secrets when the app starts', () => {
    const shown = printableConfig(schema, Object.fromEntries(names.map((name) => [name, secrets.statsig])));
    expect(names.length).toBeGreaterThan(2);
    expect(JSON.stringify(shown)).not.toContain(secrets.statsig);
  });

  it.each(names)('are rejected without quoting the value of %s', (name) => {
    const odd = [
      `${secrets.statsig}\u0000\n`,
      `redis://${secrets.statsig}@[`,
      `redis+sentinel://${secrets.statsig}`,
      'x',
      ' ',
    ];
    for (const value of odd) {
      try {
        readConfig(schema, { [name]: value });
      } catch (error) {
        expect((error as Error).message).not.toContain(secrets.statsig);
      }
    }
  });
});
