import { randomBytes } from 'node:crypto';
import { type Receipt } from '@app/delivery';
import {
  type IntegrationInput,
  IntegrationStore,
  SecretBox,
  WebhookCredentialsStore,
} from '@app/integrations';
import { ConsumerLagReader, RecordProducer } from '@app/kafka';
import { type AppDefinition, connectRedis, createApp, type Logger, readConfig } from '@app/platform';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { startRedis, until } from '@tools/stack';
import { type z } from 'zod';
import { dispatcherApp } from '../../apps/dispatcher/src/dispatcher.app';
import { ingestApp } from '../../apps/ingest/src/ingest.app';
import { mapperApp } from '../../apps/mapper/src/mapper.app';
import { simulatorApp } from '../../apps/statsig-simulator/src/simulator.app';

export interface StatsigEvent {
  seq: number;
  id: string;
  userId: string;
  name: string;
  ingested: boolean;
  endpoint: string;
  rawBody: string;
  body: { api_version: string; event: Record<string, unknown> };
  event: Record<string, unknown>;
  headers: Record<string, string>;
}

/** A project with an integration in Redis; its secret is {@link secretOf} of its id. */
export type Project = Omit<IntegrationInput, 'serverSecret'>;

export const secretOf = (projectId: string): string => `secret-of-${projectId}`;

/** The Authorization value of every project, because the tests are not about authorization. */
const authorization = 'Bearer test';

export type AppName = 'ingest' | 'mapper' | 'dispatcher';

/** Connections of apps to servers other than the shared ones. */
export interface Connections {
  /** Addresses of the brokers for the test itself. */
  brokers: string;
  /** Settings of one app. */
  of: (app: AppName) => Record<string, string>;
  /** Called before the apps start. */
  prepare?: (topics: ScratchTopics) => Promise<void>;
}

interface DedicatedRedis {
  env: Record<string, string>;
  stop: () => Promise<void>;
}

/** The whole pipeline in this process with its own topics, from the webhook endpoint to a simulated Statsig. */
export class RunningPipeline {
  private readonly apps = new Map<string, NestFastifyApplication>();
  private statsig = '';
  private ingest = '';
  readonly projectId: string;

  private constructor(
    readonly topics: ScratchTopics,
    /** Additional settings. */
    readonly env: Readonly<Record<string, string>>,
    readonly producer: RecordProducer,
    private readonly ownRedis: DedicatedRedis | undefined,
    private readonly connections: Connections | undefined,
    private readonly logger: Logger,
  ) {
    // Redis is shared by all tests; separate projects keep ledgers and profiles apart.
    this.projectId = `project-${topics.prefix.replaceAll(/[^a-z0-9]/g, '').slice(-20)}`;
  }

  /** @param projects in addition to the one in the environment; if there are any, the pipeline gets its own Redis */
  static async start(
    env: Record<string, string> = {},
    projects: readonly Project[] = [],
    { connections, logger = silentLogger }: { connections?: Connections; logger?: Logger } = {},
  ): Promise<RunningPipeline> {
    const ownRedis = projects.length === 0 ? undefined : await redisWith(projects);
    const keys = [
      'secret-test',
      ...projects.flatMap(({ projectId, sandboxServerSecret = [] }) =>
        [secretOf(projectId)].concat(sandboxServerSecret),
      ),
    ];
    const topics = await scratchTopics(3, { brokers: connections?.brokers, replicas: 1 });
    await connections?.prepare?.(topics);
    const producer = new RecordProducer(topics.kafka, silentLogger);
    const settings = { SIMULATOR_KEYS: keys.join(','), ...ownRedis?.env, ...env };
    const pipeline = new RunningPipeline(topics, settings, producer, ownRedis, connections, logger);
    await Promise.all([producer.connect(), pipeline.launch()]);
    return pipeline;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.apps.values()].map((app) => app.close()));
    await this.producer.disconnect();
    await this.topics.remove();
    await this.ownRedis?.stop();
  }

  /** URL of the simulator. */
  get statsigUrl(): string {
    return this.statsig;
  }

  /** Address of one of the apps. */
  urlOf(name: AppName): Promise<string> {
    const app = this.apps.get(name);
    if (app === undefined) throw new Error(`${name} is not running`);
    return app.getUrl();
  }

  /**
   * Posts a webhook; retries like RevenueCat while the response is 503, because ingest shares the event loop of the test
   * and may be overloaded.
   *
   * @param projectId by default the one in the environment
   */
  post(body: string, projectId?: string): Promise<Response> {
    const project = projectId === undefined ? '' : `projects/${projectId}/`;
    const headers = { authorization: authorization, 'content-type': 'application/json' };
    return until(
      async () => {
        const response = await fetch(`${this.ingest}/v1/${project}webhooks/revenuecat`, {
          method: 'POST',
          body,
          headers,
        });
        if (response.status === 503) throw new Error(`503: ${await response.text()}`);
        return response;
      },
      { timeoutMs: 20_000, intervalMs: 250 },
    );
  }

  /** Writes to the events topic, like any other producer. */
  produce(value: string, key: string | null = null, headers: Record<string, string> = {}): Promise<void> {
    return this.producer.send([{ topic: this.topics.names.events, key, value, headers }]);
  }

  async faults(...rules: object[]): Promise<void> {
    const body = JSON.stringify({ seed: 1, rules });
    const response = await fetch(`${this.statsig}/_sim/faults`, { method: 'PUT', body });
    if (!response.ok) throw new Error(await response.text());
  }

  /** Number of requests that each fault rule was applied to, in the order of the rules. */
  async faultCounts(): Promise<number[]> {
    const response = await fetch(`${this.statsig}/_sim/faults`);
    const { rules } = (await response.json()) as { rules: { acted: number }[] };
    return rules.map(({ acted }) => acted);
  }

  async statsigEvents(query = ''): Promise<StatsigEvent[]> {
    const response = await fetch(`${this.statsig}/_sim/events?limit=10000&${query}`);
    return ((await response.json()) as { events: StatsigEvent[] }).events;
  }

  async statsigRepeats(): Promise<Record<string, number>> {
    return (await this.statsigCounts()).repeats;
  }

  /** Ids that Statsig has accepted more than once, and its responses by status. */
  async statsigCounts(): Promise<Record<'repeats' | 'responses', Record<string, number>>> {
    const response = await fetch(`${this.statsig}/_sim/stats`);
    return (await response.json()) as Record<'repeats' | 'responses', Record<string, number>>;
  }

  /** Returns all receipts up to the first match, without records that are not receipts. */
  async receipts(isLast: (receipt: Receipt) => boolean): Promise<Receipt[]> {
    const read: Receipt[] = [];
    await this.topics.readUntil(this.topics.names.receipts, ({ value }) => {
      const receipt = receiptIn(value);
      if (receipt === undefined) return false;
      read.push(receipt);
      return isLast(receipt);
    });
    return read;
  }

  /** Waits until every one of these events has a receipt with one of the outcomes. Returns all receipts until then. */
  receiptsOf(eventIds: Iterable<string>, ...outcomes: Receipt['outcome'][]): Promise<Receipt[]> {
    const missing = new Set(eventIds);
    return this.receipts(({ eventId, outcome }) => {
      if (outcomes.includes(outcome)) missing.delete(eventId);
      return missing.size === 0;
    });
  }

  /** Records of `revenuecat.events` that the mapper has not acknowledged. */
  async mapperLag(): Promise<number | undefined> {
    const group = { groupId: `${this.topics.prefix}mapper`, topic: this.topics.names.events };
    return (await new ConsumerLagReader(this.topics.kafka).readLag([group]))[0];
  }

  /** Stops an app gracefully, as a deployment does. */
  async stopApp(name: 'mapper' | 'dispatcher'): Promise<void> {
    await this.apps.get(name)?.close();
    this.apps.delete(name);
  }

  async startApp(name: 'mapper' | 'dispatcher'): Promise<void> {
    if (name === 'mapper') await this.run(name, mapperApp, this.settingsOf(name));
    else await this.run(name, dispatcherApp, this.settingsOf(name));
  }

  /** Settings of one app. */
  settingsOf(app: AppName): Record<string, string> {
    return {
      KAFKA_BROKERS: process.env['KAFKA_BROKERS'] ?? '',
      KAFKA_TOPIC_PREFIX: this.topics.prefix,
      REDIS_URL: process.env['REDIS_URL'] ?? '',
      PROJECT_ID: this.projectId,
      STATSIG_SERVER_SECRET: 'secret-test',
      STATSIG_INCLUDE_SANDBOX: 'true',
      STATSIG_BASE_URL: this.statsig,
      STATSIG_EVENTS_URL: this.statsig,
      WEBHOOK_AUTHORIZATION: authorization,
      INGEST_PORT: '0',
      MAPPER_PORT: '0',
      DISPATCHER_PORT: '0',
      ...this.env,
      ...this.connections?.of(app),
    };
  }

  private async launch(): Promise<void> {
    this.statsig = await this.run('simulator', simulatorApp, { SIMULATOR_PORT: '0', ...this.env });
    const [ingest] = await Promise.all([
      this.run('ingest', ingestApp, this.settingsOf('ingest')),
      this.startApp('mapper'),
      this.startApp('dispatcher'),
    ]);
    this.ingest = ingest;
  }

  private async run<S extends z.ZodObject>(
    name: string,
    definition: AppDefinition<S>,
    env: Record<string, string>,
  ): Promise<string> {
    const app = await createApp(definition, readConfig(definition.configSchema, env), this.logger);
    this.apps.set(name, app);
    await app.init();
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    while (!(await fetch(`${url}/health/ready`)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
    return url;
  }
}

function receiptIn(value: Buffer | null): Receipt | undefined {
  try {
    return JSON.parse(String(value)) as Receipt;
  } catch {
    return undefined;
  }
}

/** Starts a separate Redis, because all pipelines on one Redis share its integrations. */
async function redisWith(projects: readonly Project[]): Promise<DedicatedRedis> {
  const { url, stop } = await startRedis();
  const key = randomBytes(32);
  const redis = connectRedis({ REDIS_URL: [url] }, silentLogger);
  const box = new SecretBox([key]);
  const [store, credentials] = [new IntegrationStore(redis, box), new WebhookCredentialsStore(redis, box)];
  for (const project of projects) {
    await store.save({ ...project, serverSecret: secretOf(project.projectId) });
    await credentials.change(project.projectId, () => ({
      authorizations: [authorization],
      signingSecrets: [],
    }));
  }
  redis.disconnect();
  return { env: { REDIS_URL: url, SETTINGS_ENCRYPTION_KEY: key.toString('base64') }, stop };
}
