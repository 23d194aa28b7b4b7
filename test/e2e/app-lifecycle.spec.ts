import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { IntegrationRegistry } from '@app/integrations';
import { BatchConsumerStrategy, KafkaClient, ReconciledMap, RecordProducer } from '@app/kafka';
import { type AppDefinition, PlatformModule, readConfig, Readiness, REDIS } from '@app/platform';
import { silentLogger } from '@app/testing';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { consoleApp } from '../../apps/console/src/console.app';
import { ReadModel } from '../../apps/console/src/read-model/read-model';
import { emptyModel } from '../../apps/console/test/empty-model';
import { dispatcherApp } from '../../apps/dispatcher/src/dispatcher.app';
import { ProjectDispatcherFactory } from '../../apps/dispatcher/src/project-dispatcher-factory';
import { ProjectDispatchers } from '../../apps/dispatcher/src/project-dispatchers';
import { ingestApp } from '../../apps/ingest/src/ingest.app';
import { mapperApp } from '../../apps/mapper/src/mapper.app';

const env = {
  WEBHOOK_AUTHORIZATION: 'Bearer test',
  STATSIG_SERVER_SECRET: 'secret-test',
  CONSOLE_TOKEN: 'token-of-the-tests',
};

/** Fake resources of an app, which record the order in which they are closed, and fail if they are used afterwards. */
class FakeResources {
  readonly closed: string[] = [];
  /** Whether Kafka and Redis respond. */
  isAvailable = true;
  private readonly pending = Promise.withResolvers<undefined>();

  readonly producer = {
    problem: () => undefined,
    connect: () => this.connected(),
    send: () => this.use('producer'),
    disconnect: () => this.close('producer'),
  };

  readonly redis = Object.assign(new EventEmitter(), {
    status: 'ready',
    defineCommand: () => undefined,
    info: async () => {
      await this.connected();
      return 'redis_version:7.2.0\r\n';
    },
    set: () => this.use('Redis'),
    hgetall: () => Promise.resolve({}),
    disconnect: () => void this.close('Redis'),
  });

  readonly integrations = {
    problem: undefined,
    onChange: () => () => undefined,
    start: () => Promise.resolve(),
    stop: () => void this.close('integrations'),
  };

  /** Closes a consumer that has to write the results of the events in flight first. */
  async closeConsumer(name: string): Promise<void> {
    await nextTurn();
    await this.producer.send();
    await this.redis.set();
    await this.close(name);
  }

  respond(): void {
    this.isAvailable = true;
    this.pending.resolve(undefined);
  }

  private async connected(): Promise<void> {
    if (!this.isAvailable) await this.pending.promise;
  }

  private async use(name: string): Promise<void> {
    await nextTurn();
    if (this.closed.includes(name)) throw new Error(`${name} was used after it was closed`);
  }

  private async close(name: string): Promise<void> {
    this.closed.push(name);
    await nextTurn();
  }
}

/** Consumes nothing. */
class FakeConsumer extends BatchConsumerStrategy {
  constructor(private readonly closeConsumer: () => Promise<void>) {
    super({} as ConstructorParameters<typeof BatchConsumerStrategy>[0]);
  }

  override listen(callback: () => void): Promise<void> {
    callback();
    return Promise.resolve();
  }

  override close(): Promise<void> {
    return this.closeConsumer();
  }
}

async function wire(definition: AppDefinition<never>, fakes: FakeResources): Promise<NestFastifyApplication> {
  const config = readConfig(definition.configSchema, env);
  const replacements: [unknown, unknown][] = [
    [KafkaClient, {}],
    [RecordProducer, fakes.producer],
    [REDIS, fakes.redis],
    [IntegrationRegistry, fakes.integrations],
    [BatchConsumerStrategy, new FakeConsumer(() => fakes.closeConsumer('consumer'))],
    [
      ReconciledMap,
      { start: () => Promise.resolve(), close: () => fakes.closeConsumer('consumers of projects') },
    ],
    [ProjectDispatcherFactory, {}],
    [
      ProjectDispatchers,
      {
        problem: () => undefined,
        start: () => Promise.resolve(),
        close: () => fakes.closeConsumer('consumers of projects'),
      },
    ],
    [ReadModel, emptyModel()],
  ];
  const builder = Test.createTestingModule({
    imports: [PlatformModule.with(silentLogger), definition.module(config)],
  });
  for (const [token, value] of replacements) builder.overrideProvider(token).useValue(value);
  const testing = await builder.compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  if (definition === mapperApp || definition === consoleApp)
    app.connectMicroservice({ strategy: app.get(BatchConsumerStrategy) });
  return app;
}

describe.each([
  { definition: ingestApp, order: ['producer', 'Redis'] },
  { definition: mapperApp, order: ['consumer', 'producer', 'integrations', 'Redis'] },
  { definition: dispatcherApp, order: ['consumers of projects', 'integrations', 'producer', 'Redis'] },
  { definition: consoleApp, order: ['consumer', 'consumers of projects', 'producer', 'Redis'] },
])('the shutdown of $definition.name', ({ definition, order }) => {
  it('stops the consumers first, then the producer, then Redis', async () => {
    const fakes = new FakeResources();
    const app = await wire(definition as unknown as AppDefinition<never>, fakes);
    await app.init();
    await app.startAllMicroservices();
    await app.close();
    expect(fakes.closed).toEqual(order);
  });
});

describe('a start without Kafka and Redis', () => {
  const outcomeOf = async (start: Promise<unknown>): Promise<string> => {
    let outcome = 'waiting';
    void start.then(() => (outcome = 'started'));
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    return outcome;
  };

  it.each([
    { definition: ingestApp, outcome: 'started', checks: ['kafka'] },
    {
      definition: mapperApp,
      outcome: 'waiting',
      checks: ['integrations', 'kafka-consumer', 'kafka-producer', 'redis'],
    },
    {
      definition: dispatcherApp,
      outcome: 'waiting',
      checks: ['integrations', 'kafka-consumer', 'kafka-producer', 'redis'],
    },
    { definition: consoleApp, outcome: 'started', checks: ['kafka-consumer', 'kafka-producer', 'redis'] },
  ])(
    'leaves $definition.name $outcome, with all its readiness checks',
    async ({ definition, outcome, checks }) => {
      const fakes = new FakeResources();
      fakes.isAvailable = false;
      const app = await wire(definition as unknown as AppDefinition<never>, fakes);
      const start = app.init();
      expect(await outcomeOf(start)).toBe(outcome);
      expect([...app.get(Readiness).checks.keys()].toSorted()).toEqual(checks);
      fakes.respond();
      await start;
      await app.close();
    },
  );
});
