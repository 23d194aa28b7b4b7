import { setTimeout as delay } from 'node:timers/promises';
import { type ClaimResult, decodeDelivery, encodeDelivery, type Verdict } from '@app/delivery';
import { type Integration } from '@app/integrations';
import { BatchConsumer, topicNames } from '@app/kafka';
import { silentLogger } from '@app/testing';
import { dispatchBatch } from './dispatch.stage';
import { dispatchPolicy } from './dispatch-policy';
import { dispatcherConfig } from './dispatcher.config';
import { OutcomeWriter } from './outcome-writer';
import { type PendingDelivery } from './pending-delivery';
import { ProjectDispatcher } from './project-dispatcher';
import { deliveryRecord, integration, projectId } from '../test/deliveries';
import { type RandomSource, SimulatedKafka } from '../test/simulated-kafka';

const topics = topicNames();
const partitions = 4;
const customers = 12;
const sandboxSecret = 'sandbox-secret';
const stopTimeoutMs = 5_000;
const drainTimeoutMs = 15_000;

/** Short waits, so that the test covers many states in little time. */
const settings = {
  DISPATCHER_RETRY_BASE_DELAY: '1ms',
  DISPATCHER_RETRY_MAX_DELAY: '4ms',
  DISPATCHER_BREAKER_MAX_INTERVAL: '10ms',
  DISPATCHER_SUSPENSION_MAX_INTERVAL: '10ms',
  STATSIG_LINGER: '1ms',
  STATSIG_MAX_IN_FLIGHT: '4',
  STATSIG_BATCH_EVENTS: '5',
  // Failures of Statsig do not cause dead letters, so every dead letter must be an invalid event.
  DISPATCHER_RETRY_LIMIT: '100000',
  DISPATCHER_REJECTION_LIMIT: '100000',
};

/** xorshift32: https://www.jstatsoft.org/article/view/v008i14 */
function chanceFrom(seed: number): RandomSource {
  let state = Math.imul(seed, 2_654_435_761) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return { of: (probability) => next() < probability, below: (limit) => Math.floor(next() * limit) };
}

type StatsigMode = 'accepts' | 'fails at times' | 'fails' | 'rejects the integration';

/** Dispatchers of one project with Kafka, the ledger and Statsig simulated in memory; everything else is real. */
class Simulation {
  readonly chance: RandomSource;
  readonly kafka: SimulatedKafka;
  readonly violations = new Set<string>();
  /** Ids that Statsig accepted, in order of acceptance. */
  readonly accepted: string[] = [];
  readonly deadLetters = new Set<string>();
  /** Ids of events that Statsig rejects. */
  private readonly invalid = new Set<string>();
  private readonly ledger = new Map<string, 'delivered' | { token: string }>();
  private readonly counts = new Map<string, number>();
  private readonly running: Dispatcher[] = [];
  private readonly format: 'revenuecat' | 'log_event';
  private started = 0;
  mode: StatsigMode = 'accepts';
  isServed = true;
  hasSandboxSecret = false;

  constructor(seed: number) {
    this.chance = chanceFrom(seed);
    this.format = seed % 2 === 0 ? 'revenuecat' : 'log_event';
    this.kafka = new SimulatedKafka({
      topic: `${topics.deliveriesPrefix}${projectId}`,
      partitions,
      chance: this.chance,
      onCommit: (partition, offset) => {
        this.checkCommit(partition, offset);
      },
    });
  }

  get dispatchers(): readonly Dispatcher[] {
    return this.running;
  }

  any(): Dispatcher | undefined {
    return this.running[this.chance.below(this.running.length)];
  }

  /** Events of random customers, some of them invalid, and copies of earlier ones. */
  produce(count: number): void {
    for (let i = 0; i < count; i++) {
      const customer = this.chance.below(customers);
      const key = `c${String(customer)}`;
      const number = this.counts.get(key) ?? 0;
      this.counts.set(key, number + 1);
      const id = `${key}/${String(number)}`;
      if (this.chance.of(0.03)) this.invalid.add(id);
      const { head, body } = decodeDelivery(deliveryRecord(id).value ?? Buffer.alloc(0));
      const environment = this.chance.of(0.3) ? 'SANDBOX' : 'PRODUCTION';
      const value = encodeDelivery({ ...head, environment, format: this.format, body: String(body) });
      const partition = customer % partitions;
      this.kafka.produce(partition, { key, value });
      const log = this.kafka.log[partition] ?? [];
      const copy = log[this.chance.below(log.length)];
      if (copy !== undefined && this.chance.of(0.1)) this.kafka.produce(partition, copy);
    }
  }

  async start(): Promise<void> {
    const dispatcher = new Dispatcher(this, `token-${String((this.started += 1))}`);
    this.running.push(dispatcher);
    await dispatcher.start();
  }

  async stop(dispatcher: Dispatcher): Promise<void> {
    this.running.splice(this.running.indexOf(dispatcher), 1);
    const hasStopped = await Promise.race([
      dispatcher.stop().then(() => true),
      delay(stopTimeoutMs, false, { ref: false }),
    ]);
    if (!hasStopped) this.violations.add('a dispatcher did not stop');
  }

  serve(isServed: boolean): void {
    this.isServed = isServed;
    for (const dispatcher of this.running) dispatcher.integrationChanged();
  }

  get integration(): Integration | undefined {
    if (!this.isServed) return undefined;
    return this.hasSandboxSecret ? { ...integration, sandboxServerSecret: sandboxSecret } : integration;
  }

  setSandboxSecret(hasSandboxSecret: boolean): void {
    this.hasSandboxSecret = hasSandboxSecret;
    this.serve(this.isServed);
  }

  /** Ends all faults. */
  async drain(): Promise<void> {
    this.mode = 'accepts';
    this.serve(true);
    for (let waitedMs = 0; !this.kafka.isConsumed && waitedMs < drainTimeoutMs; waitedMs += 10)
      await delay(10);
    if (!this.kafka.isConsumed) this.violations.add('some events were not consumed');
    await Promise.all([...this.running].map((dispatcher) => this.stop(dispatcher)));
  }

  checkDeliveries(): void {
    const seen = new Set<string>();
    const newest = new Map<string, number>();
    for (const id of this.accepted) {
      const [key = '', number] = id.split('/');
      if (seen.has(id)) this.violations.add(`${id} was delivered twice`);
      else if (Number(number) < (newest.get(key) ?? 0)) this.violations.add(`${id} was overtaken`);
      seen.add(id);
      newest.set(key, Number(number));
    }
    for (const [key, count] of this.counts)
      for (let number = 0; number < count; number++) {
        const id = `${key}/${String(number)}`;
        const expected = this.invalid.has(id) ? this.deadLetters : seen;
        if (!expected.has(id)) this.violations.add(`${id} was lost`);
      }
    for (const id of this.deadLetters)
      if (!this.invalid.has(id)) this.violations.add(`${id} was dead-lettered without a reason`);
  }

  async respondTo(events: readonly PendingDelivery[], secret: string): Promise<Verdict> {
    const ids = events.map(({ eventId }) => eventId);
    const isSandbox = secret === sandboxSecret;
    for (const { eventId, head } of events)
      if ((head.environment === 'SANDBOX' && this.hasSandboxSecret) !== isSandbox)
        this.violations.add(`${eventId} was sent with the wrong secret`);
    await this.aLittle();
    const { mode } = this;
    const fails = mode === 'fails' || (mode === 'fails at times' && this.chance.of(0.4));
    if (mode === 'rejects the integration' && !isSandbox)
      return { kind: 'suspend', reason: 'statsig_401', detail: '' };
    if (fails) return { kind: 'retry', reason: 'statsig_503', detail: '', ambiguous: false };
    if (ids.some((id) => this.invalid.has(id))) return { kind: 'reject', reason: 'statsig_400', detail: '' };
    this.accepted.push(...ids);
    await this.aLittle();
    return { kind: 'accepted' };
  }

  /** A random part of the duration of a request. */
  aLittle(): Promise<void> {
    return delay(this.chance.of(0.3) ? this.chance.below(4) : 0);
  }

  claim(id: string, token: string): ClaimResult {
    const state = this.ledger.get(id);
    if (state === 'delivered') return 'delivered';
    if (state !== undefined && state.token !== token) return 'leased_elsewhere';
    this.ledger.set(id, { token });
    return 'claimed';
  }

  markDelivered(id: string): void {
    this.ledger.set(id, 'delivered');
  }

  release(id: string, token: string): void {
    const state = this.ledger.get(id);
    if (state !== undefined && state !== 'delivered' && state.token === token) this.ledger.delete(id);
  }

  private checkCommit(partition: number, offset: number): void {
    const accepted = new Set(this.accepted);
    for (const { value } of this.kafka.log[partition]?.slice(0, offset) ?? []) {
      const { eventId } = decodeDelivery(value).head;
      if (!accepted.has(eventId) && !this.deadLetters.has(eventId))
        this.violations.add(`${String(partition)}:${String(offset)} was committed past ${eventId}`);
    }
  }
}

/** One dispatcher process, wired as in dispatcher.module.ts. */
class Dispatcher {
  private readonly dispatcher: ProjectDispatcher;
  readonly crashConsumer: (error: Error) => void;

  constructor(simulation: Simulation, token: string) {
    const { chance } = simulation;
    const outcomes = new OutcomeWriter(
      projectId,
      {
        send: async (records) => {
          await simulation.aLittle();
          for (const { topic, value } of records)
            if (topic === topics.deliveriesDeadLetter && value !== null)
              simulation.deadLetters.add(decodeDelivery(Buffer.from(value)).head.eventId);
        },
      },
      topics,
      silentLogger,
    );
    this.dispatcher = new ProjectDispatcher(projectId, {
      ledger: {
        claim: async (entries) => {
          await simulation.aLittle();
          if (chance.of(0.03)) throw new Error('READONLY');
          const results = entries.map(({ eventId }) => simulation.claim(eventId, token));
          await simulation.aLittle();
          return results;
        },
        markDelivered: async (entries) => {
          await simulation.aLittle();
          if (chance.of(0.05)) return entries.map(() => new Error('READONLY'));
          for (const { eventId } of entries) simulation.markDelivered(eventId);
          return entries.map(() => 'owned' as const);
        },
        markMaybeDelivered: () => Promise.resolve(),
        release: (entries) => {
          for (const { eventId } of entries) simulation.release(eventId, token);
          return Promise.resolve();
        },
      },
      sender: {
        takeTurn: () => Promise.resolve(0),
        send: async (events, secret) => ({ verdict: await simulation.respondTo(events, secret) }),
        close: () => Promise.resolve(),
      },
      outcomes,
      integration: () => simulation.integration,
      policy: { ...dispatchPolicy(dispatcherConfig.parse(settings)), leasedRetryMs: 3, probeEvents: 2 },
      nowMs: () => performance.now(),
      logger: silentLogger,
    });
    const { kafka, crash } = simulation.kafka.client();
    this.crashConsumer = crash;
    this.dispatcher.readFrom(
      new BatchConsumer({
        kafka,
        topic: simulation.kafka.options.topic,
        groupId: 'group',
        handler: (batch) =>
          dispatchBatch(batch, {
            projectId,
            dispatcher: this.dispatcher,
            outcomes,
            logger: silentLogger,
          }),
        concurrentBatches: true,
        maxBatchRecords: 1_000,
        maxUnackedBytes: () => 60_000,
        onStall: () => {
          this.leaveBackingOff();
        },
        commitIntervalMs: 5,
        logger: silentLogger,
      }),
    );
  }

  start(): Promise<void> {
    return this.dispatcher.start();
  }

  stop(): Promise<void> {
    return this.dispatcher.close();
  }

  integrationChanged(): void {
    this.dispatcher.integrationChanged();
  }

  leaveBackingOff(): void {
    this.dispatcher.leaveBackingOff();
  }
}

/** The possible faults, with their relative frequencies. */
const disturbances: { weight: number; act: (simulation: Simulation) => unknown }[] = [
  {
    weight: 20,
    act: (simulation) => {
      simulation.produce(15);
    },
  },
  { weight: 18, act: (simulation) => (simulation.mode = 'accepts') },
  { weight: 10, act: (simulation) => (simulation.mode = 'fails at times') },
  { weight: 6, act: (simulation) => (simulation.mode = 'fails') },
  { weight: 6, act: (simulation) => (simulation.mode = 'rejects the integration') },
  {
    weight: 8,
    act: (simulation) => {
      simulation.kafka.rebalance();
    },
  },
  {
    weight: 4,
    act: (simulation) => {
      simulation.serve(!simulation.isServed);
    },
  },
  {
    weight: 6,
    act: (simulation) => {
      simulation.setSandboxSecret(!simulation.hasSandboxSecret);
    },
  },
  { weight: 4, act: (simulation) => simulation.dispatchers.length < 3 && simulation.start() },
  {
    weight: 4,
    act: (simulation) => {
      const dispatcher = simulation.any();
      return dispatcher !== undefined && simulation.dispatchers.length > 1 && simulation.stop(dispatcher);
    },
  },
  { weight: 4, act: (simulation) => simulation.any()?.crashConsumer(new Error('broken')) },
  { weight: 4, act: (simulation) => simulation.any()?.leaveBackingOff() },
];

async function disturb(simulation: Simulation): Promise<void> {
  let rest = simulation.chance.below(disturbances.reduce((sum, { weight }) => sum + weight, 0));
  for (const { weight, act } of disturbances) {
    if (rest < weight) {
      await act(simulation);
      return;
    }
    rest -= weight;
  }
}

async function violationsOf(seed: number): Promise<string[]> {
  const simulation = new Simulation(seed);
  simulation.produce(80);
  await simulation.start();
  if (simulation.chance.of(0.7)) await simulation.start();
  for (let i = 0; i < 40; i++) {
    await disturb(simulation);
    await delay(simulation.chance.below(20));
  }
  await simulation.drain();
  simulation.checkDeliveries();
  return [...simulation.violations];
}

describe('dispatchers among random faults', () => {
  const seeds = Array.from({ length: 16 }, (_, i) => i + 1);

  it('lose no event, deliver each once and in order, commit only handled events, and stop', async () => {
    const found = await Promise.all(
      seeds.map(async (seed) =>
        (await violationsOf(seed)).map((violation) => `seed ${String(seed)}: ${violation}`),
      ),
    );
    expect(found.flat()).toEqual([]);
  });
});
