import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  deliveriesTopic,
  deliveriesTopicSpec,
  ensureTopics,
  type KafkaPermission,
  kafkaPermissions,
  type KafkaUser,
  topicConfig,
} from '@app/kafka';
import { readConfig } from '@app/platform';
import { FakeRevenueCat, grant, loggerInto, revoke, type ScratchTopics, TokenEndpoint } from '@app/testing';
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
import { z } from 'zod';
import { NotificationReceiver } from '../../apps/console/test/notification-receiver';
import { RunningConsole } from '../../apps/console/test/running-console';
import { exportCsv } from '../../tools/cli/reconcile/test/export-csv';
import { runCli } from '../../tools/cli/test/run-cli';
import { RunningPipeline } from './running-pipeline';
import { ids, renewal } from './renewals';

const page = path.join(__dirname, '../../docs/connections.md');
const users = ['ingest', 'mapper', 'dispatcher', 'console', 'cli'] as const satisfies KafkaUser[];
const passwordOf = (user: KafkaUser): string => `password-of-${user}`;
/** The Authorization value of every project, because the test is not about webhook authorization. */
const authorization = 'Bearer test';
const shop = 'shop';
const wide = 'wide';
const startMs = 240_000;
const testTimeoutMs = 400_000;
const waitMs = { timeoutMs: 60_000 };

/** The documented commands, split into words, with the passwords of this test. */
async function documentedUsers(): Promise<string[][]> {
  const commands = (await readFile(page, 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('ACL SETUSER '));
  expect(commands).toHaveLength(users.length);
  return commands.map((command) => {
    const [acl = '', setUser = '', user = '', ...rules] = command.split(' ');
    const password = `>${passwordOf(user as KafkaUser)}`;
    return [acl, setUser, user, ...rules.map((rule) => (rule.startsWith('>') ? password : rule))];
  });
}

/** How the broker logs a request that one of the permissions allowed. */
function logOf(
  user: KafkaUser,
  { resource, name, pattern }: KafkaPermission,
  operation: KafkaPermission['operations'][number],
): RegExp {
  const upper = operation.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  const rule = [
    `resourceType=${resource.toUpperCase()}, resourceName=${name.replaceAll('.', String.raw`\.`)}`,
    `patternType=${pattern.toUpperCase()}, principal=User:${user}, host=\\*, operation=${upper},`,
  ].join(', ');
  return new RegExp(`User:${user} is Allowed operation = ${upper} .*${rule}`);
}

describe('on a Kafka with TLS and credentials, and a Redis with TLS and a user for each app', () => {
  let authority: CertificateAuthority;
  let client: Certificate;
  let kafka: KafkaCluster;
  let redis: LocalRedis;
  let admin: Redis;
  let endpoint: TokenEndpoint;
  let revenueCat: FakeRevenueCat;
  let receiver: NotificationReceiver;
  let pipeline: RunningPipeline;
  let console: RunningConsole;
  /** Warnings and errors of the pipeline's apps. */
  const logLines: string[] = [];
  const undo: (() => unknown)[] = [];

  beforeAll(async () => {
    [authority, endpoint, revenueCat, receiver] = await Promise.all([
      createCertificateAuthority(),
      TokenEndpoint.start(),
      FakeRevenueCat.start(),
      NotificationReceiver.start(),
    ]);
    undo.push(
      authority.remove,
      () => endpoint.stop(),
      () => revenueCat.stop(),
      () => receiver.stop(),
    );
    client = await authority.issue('dispatcher');
    const names = ['DNS:localhost', 'IP:127.0.0.1'];
    const kafkaUsers = Object.fromEntries(users.map((user) => [user, passwordOf(user)]));
    [kafka, redis] = await Promise.all([
      startKafkaCluster({
        secured: {
          certificate: await authority.issue('kafka', ...names),
          users: kafkaUsers,
          requiresPermissions: true,
        },
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
      connections: { brokers: kafka.brokers, of: connectionOf, prepare: createSharedTopics },
      logger: loggerInto(logLines, 'warn'),
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
  function connectionOf(user: KafkaUser): Record<string, string> {
    const url = new URL(redis.url);
    url.username = user;
    url.password = passwordOf(user);
    const sasl = (mechanism: string) => ({
      KAFKA_BROKERS: kafka.saslBrokers,
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_SASL_USERNAME: user,
      KAFKA_SASL_PASSWORD: passwordOf(user),
    });
    const ways: Record<KafkaUser, () => Record<string, string>> = {
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

  /** As in a deployment: grants the documented permissions, and creates the topics with the user of the CLI. */
  async function createSharedTopics(topics: ScratchTopics): Promise<void> {
    await topics.remove();
    const permissions = kafkaPermissions(topics.prefix);
    for (const user of users) await grant(topics.kafka, user, permissions[user]);
    const { audit, receipts } = topics.names;
    const created = await runAsCli({ KAFKA_TOPIC_PREFIX: topics.prefix }, 'topics');
    expect(created).toContain(receipts);
    expect(created).toContain(audit);
  }

  function cli(...args: string[]): Promise<string> {
    const env = {
      KAFKA_TOPIC_PREFIX: pipeline.topics.prefix,
      PROJECT_ID: pipeline.projectId,
      STATSIG_SERVER_SECRET: 'secret-test',
    };
    return runAsCli(env, ...args);
  }

  /** Its exit code does not matter, because it lacks the settings of the apps. */
  async function doctor(): Promise<string> {
    const env = {
      ...connectionOf('cli'),
      KAFKA_TOPIC_PREFIX: pipeline.topics.prefix,
      PROJECT_ID: pipeline.projectId,
      STATSIG_SERVER_SECRET: 'secret-test',
      STATSIG_BASE_URL: pipeline.statsigUrl,
      STATSIG_EVENTS_URL: pipeline.statsigUrl,
      REVENUECAT_API_URL: revenueCat.url,
    };
    return (await runCli(['doctor', '--observe', '1'], { env })).stdout;
  }

  /** Reconciles an export of a purchase that is older than the topics. */
  async function reconcile(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'reconcile-'));
    const file = path.join(folder, 'transactions.csv');
    try {
      await writeFile(file, exportCsv([{ start_time: '2026-01-02 08:00:00' }]));
      return await cli('reconcile', file);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async function runAsCli(settings: Record<string, string>, ...args: string[]): Promise<string> {
    const env = { ...connectionOf('cli'), TOPIC_PARTITIONS: '3', ...settings };
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

  /** Adds an integration with two partitions and the Authorization value of the test. */
  async function addProject(projectId: string): Promise<void> {
    await until(async () => {
      const input = { projectId, serverSecret: 'secret-of-shop', partitions: 2 };
      const response = await console.do('integrations', input);
      // 409: an attempt whose response was 503 has added it.
      if (response.status !== 409) await succeeds(Promise.resolve(response));
    }, waitMs);
    await until(
      () => succeeds(console.do(`integrations/${projectId}/webhook/authorization`, { authorization })),
      waitMs,
    );
  }

  /** Creates a deliveries topic with fewer partitions than its integration has. */
  async function createSmallTopic(projectId: string): Promise<void> {
    const { kafka: kafkaAdmin, names } = pipeline.topics;
    const config = readConfig(z.object(topicConfig), {});
    await ensureTopics(kafkaAdmin, [deliveriesTopicSpec(names, config, projectId, 1)]);
  }

  /** Posts a webhook without retrying. */
  async function post(body: string, projectId?: string): Promise<Response> {
    const project = projectId === undefined ? '' : `projects/${projectId}/`;
    return fetch(`${await pipeline.urlOf('ingest')}/v1/${project}webhooks/revenuecat`, {
      method: 'POST',
      body,
      headers: { authorization, 'content-type': 'application/json' },
    });
  }

  /** Posts an event until it is accepted: ingest learns of new credentials within two seconds. */
  async function accept(body: string, projectId?: string): Promise<void> {
    await until(async () => {
      expect((await post(body, projectId)).status).toBe(200);
    }, waitMs);
  }

  /** Makes the dispatcher write a dead letter, and waits for its receipt. */
  async function reject(id: string): Promise<void> {
    await pipeline.faults({ kind: 'status', status: 400, times: 1 });
    await accept(renewal(id, 'anna'));
    await pipeline.receiptsOf([id], 'dead_lettered');
  }

  /** The permission checks of the broker so far. */
  async function permissionChecks(): Promise<string[]> {
    const log = await Promise.all(kafka.nodes.map(({ logFile }) => readFile(logFile, 'utf8')));
    return log.flatMap((text) => text.split('\n').filter((line) => line.includes('Principal = User:')));
  }

  it(
    'every app works with exactly the documented permissions',
    async () => {
      await addProject(shop);
      await accept(renewal('first', 'anna'), shop);
      // The mapper adds the partition that the topic lacks.
      await addProject(wide);
      await createSmallTopic(wide);
      for (const [n, id] of ids('wide', 8).entries()) await accept(renewal(id, `user-${n}`), wide);
      await pipeline.receiptsOf(['first', ...ids('wide', 8)], 'delivered');

      // The mapper writes receipts of events that it filters.
      await accept(renewal('sandbox', 'anna', { environment: 'SANDBOX' }), wide);
      await pipeline.receiptsOf(['sandbox'], 'filtered');

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

      // The console shows rejected webhooks, customers and integrations.
      expect((await pipeline.post(renewal('rejected', 'x'), 'nowhere')).status).toBe(404);
      await until(
        async () => {
          const overview = (await (await console.get('overview')).json()) as { rejectedWebhooks: unknown[] };
          expect(overview.rejectedWebhooks).toContainEqual(expect.objectContaining({ projectId: 'unknown' }));
        },
        { timeoutMs: 20_000 },
      );
      await succeeds(console.get(`customer?project=${pipeline.projectId}&id=anna`));
      await succeeds(console.do(`integrations/${shop}/pause`));
      await succeeds(console.do('integrations/reseal'));
      await succeeds(console.remove(`integrations/${shop}`));

      // Dead letters of every stage, with a notification that is sent again after a failure.
      receiver.respond = (response) => {
        receiver.respond = undefined;
        response.writeHead(500).end();
      };
      const channel = { kind: 'webhook', name: 'pager', url: receiver.url, subjects: ['dead_letters'] };
      await succeeds(console.do('notification-channels', channel));
      expect((await post('not an event')).ok).toBe(false);
      await pipeline.produce('not an event');
      await reject('redriven-in-the-console');
      await until(async () => {
        const groups = (await (await console.get('dead-letter-groups')).json()) as { stage: string }[];
        expect(new Set(groups.map(({ stage }) => stage))).toEqual(
          new Set(['ingest', 'mapper', 'dispatcher']),
        );
      }, waitMs);
      await until(() => succeeds(console.do('redrives', { all: true })), waitMs);
      await pipeline.receiptsOf(['redriven-in-the-console'], 'delivered');
      const again = { project: pipeline.projectId, id: 'default-0', evenIfDelivered: false };
      await until(() => succeeds(console.do('event/resend', again)), waitMs);
      const repeated = (): void => {
        const [first, second] = receiver.ids();
        expect(first).toBeDefined();
        expect(second).toBe(first);
      };
      await until(() => Promise.try(repeated), waitMs);
      await reject('redriven-by-the-cli');
      await cli('dead-letters', 'redrive', '--all');
      await pipeline.receiptsOf(['redriven-by-the-cli'], 'delivered');

      // The CLI.
      await addProject('unread');
      await addProject('grown');
      await createSmallTopic('grown');
      const topics = await cli('topics');
      const { names } = pipeline.topics;
      expect(topics).toContain(`Created: ${deliveriesTopic(names, 'unread')}`);
      expect(topics).toContain(`Partitions added: ${deliveriesTopic(names, 'grown')}`);
      expect(topics).toContain(`${deliveriesTopic(names, shop)} has no integration`);
      await until(async () => {
        expect(await cli('lag')).not.toContain('unknown');
      }, waitMs);
      const findings = await doctor();
      expect(findings).toContain(names.events);
      expect(findings).not.toContain('cannot be checked');
      expect(await cli('replay', '--dry-run')).toContain('events match');
      expect(await reconcile()).toContain('pro_monthly');
      expect(await cli('forget', 'anna')).toContain('anna');
      await until(() => cli('topics', '--delete-orphaned', shop, '--yes'), waitMs);

      expect(await admin.call('ACL', 'LOG')).toEqual([]);
      const checks = await permissionChecks();
      expect(checks.filter((line) => line.includes('is Denied'))).toEqual([]);
      const permissions = kafkaPermissions(pipeline.topics.prefix);
      const unused = users.flatMap((user) =>
        permissions[user].flatMap((permission) =>
          permission.operations
            .filter((operation) => {
              const log = logOf(user, permission, operation);
              return !checks.some((line) => log.test(line));
            })
            .map((operation) => [user, operation, permission.name].join(' ')),
        ),
      );
      expect(unused).toEqual([]);
    },
    testTimeoutMs,
  );

  describe('without a permission in Kafka', () => {
    /** Revokes permissions while the work runs. */
    async function without(
      user: KafkaUser,
      isMeant: (permission: KafkaPermission) => boolean,
      work: () => Promise<void>,
    ): Promise<void> {
      const permissions = kafkaPermissions(pipeline.topics.prefix)[user].filter(isMeant);
      expect(permissions).toHaveLength(1);
      await revoke(pipeline.topics.kafka, user, permissions);
      try {
        await work();
      } finally {
        await grant(pipeline.topics.kafka, user, permissions);
      }
    }

    async function logs(message: string): Promise<void> {
      await until(() => {
        expect(logLines.join('')).toContain(message);
        return Promise.resolve();
      }, waitMs);
    }

    it(
      'ingest responds with 503 until it may write events',
      async () => {
        const { events } = pipeline.topics.names;
        await without(
          'ingest',
          ({ name }) => name === events,
          async () => {
            expect((await post(renewal('rejected-once', 'anna'))).status).toBe(503);
            await logs(
              `Kafka denied the user ingest Write on the topic ${events} (TOPIC_AUTHORIZATION_FAILED).`,
            );
          },
        );
        await accept(renewal('rejected-once', 'anna'));
        await pipeline.receiptsOf(['rejected-once'], 'delivered');
      },
      testTimeoutMs,
    );

    it(
      'the dispatcher is not ready until it may join its groups, and delivers what was accepted',
      async () => {
        const groups = `${pipeline.topics.prefix}dispatcher.`;
        const denied = `Kafka denied the user of this app Read on the group ${groups}`;
        await without(
          'dispatcher',
          ({ name }) => name === groups,
          async () => {
            await logs(`${denied}${pipeline.projectId} (GROUP_AUTHORIZATION_FAILED).`);
            await until(async () => {
              const readiness = await fetch(`${await pipeline.urlOf('dispatcher')}/health/ready`);
              expect(readiness.status).toBe(503);
              expect(await readiness.text()).toContain(denied);
            }, waitMs);
            await accept(renewal('waits-for-group', 'anna'));
          },
        );
        await pipeline.receiptsOf(['waits-for-group'], 'delivered');
      },
      testTimeoutMs,
    );

    it(
      'the mapper keeps the events of a new project until it may create its topic, and maps all others',
      async () => {
        const { deliveriesPrefix } = pipeline.topics.names;
        // Creates the topic of the other project.
        await accept(renewal('before', 'anna'));
        await pipeline.receiptsOf(['before'], 'delivered');
        await addProject('late');
        await without(
          'mapper',
          ({ name, pattern }) => name === deliveriesPrefix && pattern === 'prefixed',
          async () => {
            await grant(pipeline.topics.kafka, 'mapper', [
              {
                resource: 'topic',
                name: deliveriesPrefix,
                pattern: 'prefixed',
                operations: ['Write'],
                purpose: 'all but Create',
              },
            ]);
            await accept(renewal('waits-for-topic', 'anna'), 'late');
            await logs(
              `Kafka denied the user of this app Create on the topic ${deliveriesPrefix}late (TOPIC_AUTHORIZATION_FAILED).`,
            );
            await accept(renewal('of-another-project', 'anna'));
            await pipeline.receiptsOf(['of-another-project'], 'delivered');
          },
        );
        await pipeline.receiptsOf(['waits-for-topic'], 'delivered');
      },
      testTimeoutMs,
    );
  });

  it.each<[KafkaUser, string]>([
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
      ['FLUSHALL', 'KEYS *', 'CONFIG GET *', 'ACL LIST'].map((command): [KafkaUser, string] => [
        user,
        command,
      ]),
    ),
  ])('%s may not run %s', async (user, command) => {
    const result = await admin.call('ACL', 'DRYRUN', user, ...command.split(' '));
    expect(result).toMatch(/has no permissions|can't access/i);
  });
});
