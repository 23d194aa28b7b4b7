import { RecordProducer } from '@app/kafka';
import { type AppDefinition, createApp, readConfig } from '@app/platform';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type z } from 'zod';
import { dispatcherApp } from '../../apps/dispatcher/src/dispatcher.app';
import { ingestApp } from '../../apps/ingest/src/ingest.app';
import { mapperApp } from '../../apps/mapper/src/mapper.app';
import { simulatorApp } from '../../apps/statsig-simulator/src/simulator.app';
import { quietLogger, type ScratchTopics, scratchTopics } from '../../libs/kafka/test/scratch-topics';

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

/** The whole pipeline in this process, on topics of its own, from the webhook endpoint to a simulated Statsig. */
export class RunningPipeline {
  private readonly apps: NestFastifyApplication[] = [];
  private statsig = '';
  private ingest = '';
  readonly projectId: string;

  private constructor(
    readonly topics: ScratchTopics,
    private readonly env: Record<string, string>,
    readonly producer: RecordProducer,
  ) {
    // Redis is shared by all tests: a project of their own keeps ledgers and profiles apart.
    this.projectId = `project-${topics.prefix.replaceAll(/[^a-z0-9]/g, '').slice(-20)}`;
  }

  static async start(env: Record<string, string> = {}): Promise<RunningPipeline> {
    const topics = await scratchTopics();
    const producer = new RecordProducer(topics.kafka, quietLogger);
    const pipeline = new RunningPipeline(topics, env, producer);
    await Promise.all([producer.connect(), pipeline.launch()]);
    return pipeline;
  }

  async stop(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.close()));
    await this.producer.disconnect();
    await this.topics.remove();
  }

  post(body: string): Promise<Response> {
    return fetch(`${this.ingest}/v1/webhooks/revenuecat`, {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer test', 'content-type': 'application/json' },
    });
  }

  /** Straight to the topic, as any producer may. */
  produce(value: string, key: string | null = null, headers: Record<string, string> = {}): Promise<void> {
    return this.producer.send([{ topic: this.topics.names.events, key, value, headers }]);
  }

  async faults(...rules: object[]): Promise<void> {
    await fetch(`${this.statsig}/_sim/faults`, { method: 'PUT', body: JSON.stringify({ seed: 1, rules }) });
  }

  async statsigEvents(query = ''): Promise<StatsigEvent[]> {
    const answer = await fetch(`${this.statsig}/_sim/events?limit=10000&${query}`);
    return ((await answer.json()) as { events: StatsigEvent[] }).events;
  }

  async statsigRepeats(): Promise<Record<string, number>> {
    const answer = await fetch(`${this.statsig}/_sim/stats`);
    return ((await answer.json()) as { repeats: Record<string, number> }).repeats;
  }

  private async launch(): Promise<void> {
    const simulator = await this.run(simulatorApp, {
      SIMULATOR_KEYS: 'secret-test',
      SIMULATOR_PORT: '0',
      ...this.env,
    });
    this.statsig = simulator;
    const shared = {
      KAFKA_BROKERS: process.env['KAFKA_BROKERS'] ?? '',
      KAFKA_TOPIC_PREFIX: this.topics.prefix,
      REDIS_URL: process.env['REDIS_URL'] ?? '',
      PROJECT_ID: this.projectId,
      STATSIG_SERVER_SECRET: 'secret-test',
      STATSIG_INCLUDE_SANDBOX: 'true',
      STATSIG_BASE_URL: simulator,
      STATSIG_EVENTS_URL: simulator,
      WEBHOOK_AUTHORIZATION: 'Bearer test',
      INGEST_PORT: '0',
      MAPPER_PORT: '0',
      DISPATCHER_PORT: '0',
      ...this.env,
    };
    const [ingest] = await Promise.all([
      this.run(ingestApp, shared),
      this.run(mapperApp, shared),
      this.run(dispatcherApp, shared),
    ]);
    this.ingest = ingest;
  }

  private async run<S extends z.ZodObject>(
    definition: AppDefinition<S>,
    env: Record<string, string>,
  ): Promise<string> {
    const app = await createApp(definition, readConfig(definition.configSchema, env), quietLogger);
    this.apps.push(app);
    await app.init();
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    while (!(await fetch(`${url}/health/ready`)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
    return url;
  }
}
