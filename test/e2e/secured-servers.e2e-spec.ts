import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { deliveriesTopic } from '@app/kafka';
import {
  type Certificate,
  type CertificateAuthority,
  createCertificateAuthority,
  type KafkaCluster,
  type LocalRedis,
  startKafkaCluster,
  startRedis,
  until,
} from '@tools/stack';
import { Redis } from 'ioredis';
import { RunningConsole } from '../../apps/console/test/running-console';
import { FakeRevenueCat } from '@app/testing';
import { TokenEndpoint } from '@app/testing';
import { runCli } from '../../tools/cli/test/run-cli';
import { type AppName, RunningPipeline } from './running-pipeline';
import { ids, renewal } from './renewals';

type User = AppName | 'console' | 'cli';

const page = path.join(__dirname, '../../docs/connections.md');
const users = ['ingest', 'mapper', 'dispatcher', 'console', 'cli'] as const satisfies User[];
const passwordOf = (user: User): string => `password-of-${user}`;
/** The Authorization value of every project, because the test is not about webhook authorization. */
const authorization = 'Bearer test';
const shop = 'shop';
const startMs = 180_000;
const journeyMs = 180_000;

/** The documented commands, split into words, with the passwords of this test. */
async function documentedUsers(): Promise<string[][]> {
  const commands = (await readFile(page, 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('ACL SETUSER '));
  expect(commands).toHaveLength(users.length);
  return commands.map((command) => {
    const [acl = '', setUser = '', user = '', ...rules] = command.split(' ');
    const password = `>${passwordOf(user as User)}`;
    return [acl, setUser, user, ...rules.map((rule) => (rule.startsWith('>') ? password : rule))];
  });
}

describe('on a Kafka with TLS and credentials, and a Redis with TLS and a user for each app', () => {
  let authority: CertificateAuthority;
  let client: Certificate;
  let kafka: KafkaCluster;
  let redis: LocalRedis;
  let admin: Redis;
  let endpoint: TokenEndpoint;
  let revenueCat: FakeRevenueCat;
  let pipeline: RunningPipeline;
  let console: RunningConsole;
  const undo: (() => unknown)[] = [];

  beforeAll(async () => {
    [authority, endpoint, revenueCat] = await Promise.all([
      createCertificateAuthority(),
      TokenEndpoint.start(),
      FakeRevenueCat.start(),
    ]);
    undo.push(
      authority.remove,
      () => endpoint.stop(),
      () => revenueCat.stop(),
    );
    client = await authority.issue('dispatcher');
    const names = ['DNS:localhost', 'IP:127.0.0.1'];
    const kafkaUsers = Object.fromEntries(users.map((user) => [user, passwordOf(user)]));
    [kafka, redis] = await Promise.all([
      startKafkaCluster({
        secured: { certificate: await authority.issue('kafka', ...names), users: kafkaUsers },
      }),
      startRedis({ password: 'password-of-admin', certificate: await authority.issue('redis', ...names) }),
    ]);
    admin = new Redis(redis.url, { tls: { ca: authority.ca }, disableClientInfo: true });
    undo.push(kafka.stop, redis.stop, () => {
      admin.disconnect();
    });
    for (const [command = '', ...words] of await documentedUsers()) await admin.call(command, ...words);

    const key = randomBytes(32).toString('base64');
    const shared = {
      SETTINGS_ENCRYPTION_KEY: key,
      REVENUECAT_API_URL: revenueCat.url,
      REVENUECAT_API_KEY: revenueCat.apiKey,
      REVENUECAT_PROJECT_ID: 'proj1',
      STATSIG_MAX_REQUESTS_PER_SECOND: '1000',
      SIMULATOR_KEYS: 'secret-test,secret-of-shop',
    };
    pipeline = await RunningPipeline.start(shared, [], {
      connections: { brokers: kafka.brokers, of: connectionOf },
    });
    undo.push(() => pipeline.stop());
    console = await RunningConsole.start(pipeline.topics.prefix, {
      ...shared,
      ...connectionOf('console'),
      PROJECT_ID: pipeline.projectId,
      STATSIG_SERVER_SECRET: 'secret-test',
      STATSIG_BASE_URL: pipeline.statsigUrl,
      WEBHOOK_AUTHORIZATION: authorization,
    });
    undo.push(() => console.stop());
  }, startMs);

  afterAll(async () => {
    for (const one of undo.reverse()) await one();
  });

  /** Each app authenticates in a different way. */
  function connectionOf(user: User): Record<string, string> {
    const url = new URL(redis.url);
    url.username = user;
    url.password = passwordOf(user);
    const sasl = (mechanism: string) => ({
      KAFKA_BROKERS: kafka.saslBrokers,
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_SASL_USERNAME: user,
      KAFKA_SASL_PASSWORD: passwordOf(user),
    });
    const ways: Record<User, () => Record<string, string>> = {
      ingest: () => sasl('scram-sha-512'),
      mapper: () => ({
        KAFKA_BROKERS: kafka.saslBrokers,
        KAFKA_SASL_MECHANISM: 'oauthbearer',
        KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: endpoint.url,
        KAFKA_SASL_OAUTHBEARER_CLIENT_ID: user,
        KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: endpoint.clientSecret,
      }),
      dispatcher: () => ({
        KAFKA_BROKERS: kafka.mutualTlsBrokers,
        KAFKA_SSL_CERT: client.cert,
        KAFKA_SSL_KEY: client.key,
      }),
      console: () => sasl('plain'),
      cli: () => sasl('scram-sha-256'),
    };
    return {
      KAFKA_SSL: 'true',
      KAFKA_SSL_CA: authority.ca,
      REDIS_URL: url.toString(),
      REDIS_SSL_CA: authority.ca,
      ...ways[user](),
    };
  }

  async function cli(...args: string[]): Promise<string> {
    const env = {
      ...connectionOf('cli'),
      KAFKA_TOPIC_PREFIX: pipeline.topics.prefix,
      PROJECT_ID: pipeline.projectId,
      STATSIG_SERVER_SECRET: 'secret-test',
    };
    const { code, stdout, stderr } = await runCli(args, { env });
    if (code !== 0) throw new Error(stderr);
    return stdout;
  }

  async function succeeds(response: Promise<Response>): Promise<void> {
    const { ok, status, url, text } = await response.then(async (found) => ({
      ok: found.ok,
      status: found.status,
      url: found.url,
      text: await found.text(),
    }));
    if (!ok) throw new Error(`${url} responded with ${String(status)}: ${text}`);
  }

  it(
    'every app works with exactly the documented permissions',
    async () => {
      await succeeds(
        console.do('integrations', { projectId: shop, serverSecret: 'secret-of-shop', partitions: 2 }),
      );
      await succeeds(console.do(`integrations/${shop}/webhook/authorization`, { authorization }));
      // ingest learns of the credentials within two seconds.
      await until(
        async () => {
          expect((await pipeline.post(renewal('first', 'anna'), shop)).status).toBe(200);
        },
        { timeoutMs: 10_000 },
      );

      // A failure of Statsig makes the dispatcher release a lease.
      await pipeline.faults({ kind: 'status', status: 500, times: 1 });
      const sent = ids('default', 10);
      for (const id of sent) {
        const login = {
          original_app_user_id: `$RCAnonymousID:${id}`,
          aliases: ['anna', `$RCAnonymousID:${id}`],
        };
        expect((await pipeline.post(renewal(id, 'anna', login))).status).toBe(200);
      }
      await pipeline.receiptsOf(['first', ...sent], 'delivered');
      expect((await pipeline.post(renewal('default-0', 'anna'))).status).toBe(200);
      await pipeline.receiptsOf(['default-0'], 'duplicate');
      expect(await pipeline.statsigRepeats()).toEqual({});

      // The console shows refused webhooks, customers and integrations.
      expect((await pipeline.post(renewal('refused', 'x'), 'nowhere')).status).toBe(404);
      await until(
        async () => {
          const overview = (await (await console.get('overview')).json()) as { refusedWebhooks: unknown[] };
          expect(overview.refusedWebhooks).toHaveLength(1);
        },
        { timeoutMs: 20_000 },
      );
      await succeeds(console.get(`customer?project=${pipeline.projectId}&id=anna`));
      await succeeds(console.do(`integrations/${shop}/pause`));
      await succeeds(console.do('integrations/reseal'));
      await succeeds(console.remove(`integrations/${shop}`));

      // The CLI.
      expect(await cli('topics')).toContain(
        `${deliveriesTopic(pipeline.topics.names, shop)} has no integration`,
      );
      expect(await cli('forget', 'anna')).toContain('anna');
      await until(() => cli('topics', '--delete-orphaned', shop, '--yes'), { timeoutMs: 60_000 });

      expect(await admin.call('ACL', 'LOG')).toEqual([]);
    },
    journeyMs,
  );

  it.each<[User, string]>([
    ['ingest', 'HSET webhooks shop x'],
    ['ingest', 'GET integration:shop'],
    ['ingest', 'SMEMBERS integrations'],
    ['mapper', 'SET ledger:shop:1 x'],
    ['mapper', 'SET integration:shop x'],
    ['mapper', 'HGETALL webhooks'],
    ['dispatcher', 'HGETALL profile:shop:anna'],
    ['dispatcher', 'SET integration:shop x'],
    ['console', 'SET ledger:shop:1 x'],
    ['console', 'HSET profile:shop:anna a x'],
    ['cli', 'HGETALL webhooks'],
    ...users.flatMap((user) =>
      ['FLUSHALL', 'KEYS *', 'CONFIG GET *', 'ACL LIST'].map((command): [User, string] => [user, command]),
    ),
  ])('%s may not run %s', async (user, command) => {
    const result = await admin.call('ACL', 'DRYRUN', user, ...command.split(' '));
    expect(result).toMatch(/has no permissions|can't access/i);
  });
});
