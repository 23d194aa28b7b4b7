import { setTimeout as delay } from 'node:timers/promises';
import { type KafkaClient } from '@app/kafka';

export interface LogRecord {
  key: string;
  value: Buffer;
}

/** Random decisions, all from one seed. */
export interface RandomSource {
  /** Returns true with this probability. */
  of: (probability: number) => boolean;
  /** Returns an integer from 0 to this number, exclusive. */
  below: (limit: number) => number;
}

export interface SimulatedKafkaOptions {
  topic: string;
  partitions: number;
  chance: RandomSource;
  /** Called with every offset that a member commits. */
  onCommit: (partition: number, offset: number) => void;
}

const brokers = [0, 1, 2];
const events = {
  GROUP_JOIN: 'join',
  COMMIT_OFFSETS: 'commit',
  CRASH: 'crash',
  REBALANCING: 'rebalancing',
  START_BATCH_PROCESS: 'start_batch',
  FETCH_START: 'fetch_start',
  FETCH: 'fetch',
};

interface Batch {
  topic: string;
  partition: number;
  fetchedOffset: string;
  highWatermark: string;
  messages: unknown[];
  lastOffset: () => string;
}

interface EachBatch {
  batch: Batch;
  isStale: () => boolean;
  resolveOffset: (offset: string) => void;
}

/** One topic and one consumer group with the behaviour of kafkajs: eager rebalances, overlapping fetches, failing commits. */
export class SimulatedKafka {
  readonly log: LogRecord[][];
  private readonly committed: number[];
  private readonly members = new Set<SimulatedConsumer>();

  constructor(readonly options: SimulatedKafkaOptions) {
    this.log = Array.from({ length: options.partitions }, () => []);
    this.committed = this.log.map(() => 0);
  }

  get isConsumed(): boolean {
    return this.log.every((records, partition) => this.committed[partition] === records.length);
  }

  committedIn(partition: number): number {
    return this.committed[partition] ?? 0;
  }

  produce(partition: number, record: LogRecord): void {
    this.log[partition]?.push(record);
  }

  /** The client of one process. Its consumers are members of the group while they run. */
  client(): { kafka: KafkaClient; crash: (error: Error) => void } {
    let last: SimulatedConsumer | undefined;
    const kafka = {
      consumer: () => (last = new SimulatedConsumer(this)),
      admin: () => this.admin(),
    };
    return {
      kafka: kafka as unknown as KafkaClient,
      crash: (error) => {
        last?.crash(error);
      },
    };
  }

  join(member: SimulatedConsumer): void {
    this.members.add(member);
    this.rebalance();
  }

  leave(member: SimulatedConsumer): void {
    if (this.members.delete(member)) this.rebalance();
  }

  /** Assigns the partitions to random members. */
  rebalance(): void {
    const members = [...this.members];
    if (members.length === 0) return;
    const first = this.options.chance.below(members.length);
    for (const [i, member] of members.entries())
      member.assign([...this.log.keys()].filter((partition) => (partition + first) % members.length === i));
  }

  commit(partition: number, offset: number): void {
    this.options.onCommit(partition, offset);
    this.committed[partition] = offset;
  }

  private admin() {
    const { chance, topic } = this.options;
    return {
      connect: () => (chance.of(0.02) ? Promise.reject(new Error('connection refused')) : Promise.resolve()),
      disconnect: () => Promise.resolve(),
      fetchTopicOffsets: async () => {
        await delay(0);
        return this.log.map(({ length }, partition) => ({ partition, low: '0', high: String(length) }));
      },
      fetchOffsets: async () => {
        await delay(0);
        return [
          {
            topic,
            partitions: this.committed.map((offset, partition) => ({ partition, offset: String(offset) })),
          },
        ];
      },
    };
  }
}

class SimulatedConsumer {
  readonly events = events;
  private readonly listeners = new Map<string, (event: { payload: unknown }) => void>();
  private eachBatch: (payload: EachBatch) => Promise<void> = () => Promise.resolve();
  private assigned: readonly number[] = [];
  private readonly positions = new Map<number, number>();
  private readonly seeks = new Map<number, number>();
  private readonly paused = new Set<number>();
  private readonly ended = new AbortController();
  /** Partition p is led by broker p plus this offset. */
  private leaderShift = 0;

  constructor(private readonly kafka: SimulatedKafka) {}

  on(event: string, listener: (event: { payload: unknown }) => void): void {
    this.listeners.set(event, listener);
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  subscribe(): Promise<void> {
    return Promise.resolve();
  }

  async run({ eachBatch }: { eachBatch: (payload: EachBatch) => Promise<void> }): Promise<void> {
    this.eachBatch = eachBatch;
    for (const broker of brokers) void this.fetchFrom(broker);
    await delay(1);
    if (!this.hasEnded()) this.kafka.join(this);
  }

  disconnect(): Promise<void> {
    this.ended.abort();
    this.kafka.leave(this);
    return Promise.resolve();
  }

  crash(error: Error): void {
    if (!this.hasEnded()) this.emit(events.CRASH, { error });
  }

  pause([one]: { partitions: number[] }[]): void {
    for (const partition of one?.partitions ?? []) this.paused.add(partition);
  }

  resume([one]: { partitions: number[] }[]): void {
    for (const partition of one?.partitions ?? []) this.paused.delete(partition);
  }

  /** Takes effect before the next fetch, as in kafkajs. */
  seek({ partition, offset }: { partition: number; offset: string }): void {
    this.seeks.set(partition, Number(offset));
  }

  async commitOffsets(offsets: { partition: number; offset: string }[]): Promise<void> {
    const { chance } = this.kafka.options;
    await delay(chance.below(3));
    // Like kafkajs, it resolves although nothing is committed.
    if (this.hasEnded()) return;
    if (chance.of(0.1)) throw new Error('REBALANCE_IN_PROGRESS');
    for (const { partition, offset } of offsets) this.kafka.commit(partition, Number(offset));
    this.emit(events.COMMIT_OFFSETS, {});
  }

  assign(partitions: readonly number[]): void {
    if (this.hasEnded()) return;
    this.emit(events.REBALANCING, {});
    this.assigned = partitions;
    this.positions.clear();
    for (const partition of partitions) this.positions.set(partition, this.kafka.committedIn(partition));
    this.emit(events.GROUP_JOIN, { memberAssignment: { [this.kafka.options.topic]: partitions } });
  }

  private async fetchFrom(broker: number): Promise<void> {
    const { chance } = this.kafka.options;
    while (!this.hasEnded()) {
      await delay(0);
      for (const partition of this.assigned) {
        const isLeader = (partition + this.leaderShift) % brokers.length === broker;
        if (isLeader) await this.fetch(partition);
      }
      if (chance.of(0.002)) this.leaderShift += 1;
    }
  }

  /** The response may arrive after a rebalance, a seek or a pause. */
  private async fetch(partition: number): Promise<void> {
    if (this.hasEnded()) return;
    const { chance, topic } = this.kafka.options;
    const from = this.seeks.get(partition) ?? this.positions.get(partition);
    this.seeks.delete(partition);
    if (from === undefined) return;
    this.positions.set(partition, from);
    const records = this.kafka.log[partition]?.slice(from, from + 1 + chance.below(6)) ?? [];
    if (records.length === 0 || this.paused.has(partition)) return;
    await delay(chance.of(0.3) ? chance.below(5) : 0);
    // kafkajs drops records of a partition that was paused or seeked during the fetch.
    if (this.hasEnded() || this.seeks.has(partition) || this.paused.has(partition)) return;
    void this.eachBatch({
      batch: {
        topic,
        partition,
        fetchedOffset: String(from),
        highWatermark: String(this.kafka.log[partition]?.length ?? 0),
        messages: records.map(({ key, value }, i) => ({
          offset: String(from + i),
          timestamp: '0',
          key: Buffer.from(key),
          value,
        })),
        lastOffset: () => String(from + records.length - 1),
      },
      isStale: () => this.seeks.has(partition),
      resolveOffset: (offset) => {
        this.positions.set(partition, Number(offset) + 1);
      },
    });
  }

  private hasEnded(): boolean {
    return this.ended.signal.aborted;
  }

  private emit(event: string, payload: unknown): void {
    this.listeners.get(event)?.({ payload });
  }
}
