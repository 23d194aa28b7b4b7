import { type ConsumerEvents, type EachBatchPayload, type KafkaMessage } from 'kafkajs';
import { type KafkaClient } from '@app/kafka';

const events: Partial<ConsumerEvents> = {
  GROUP_JOIN: 'consumer.group_join',
  COMMIT_OFFSETS: 'consumer.commit_offsets',
  END_BATCH_PROCESS: 'consumer.end_batch_process',
  CRASH: 'consumer.crash',
  REBALANCING: 'consumer.rebalancing',
  START_BATCH_PROCESS: 'consumer.start_batch_process',
  FETCH_START: 'consumer.fetch_start',
  FETCH: 'consumer.fetch',
};

export interface PartitionState {
  low: number;
  high: number;
  committed?: number;
}

/** Fake kafkajs consumers of one topic, whose group and fetches a test controls. */
export class FakeConsumers {
  readonly all: FakeConsumer[] = [];
  /** Offsets that admin clients return. */
  readonly partitions = new Map<number, PartitionState>();
  commitError: Error | undefined;
  /** Called once instead of a commit, which resolves without committing anything. */
  insteadOfCommit: (() => void) | undefined;
  failedAdminConnects = 0;
  /** `run` of the consumers does not resolve before this promise. */
  joining: Promise<unknown> = Promise.resolve();

  constructor(readonly topic: string) {}

  get asKafka(): KafkaClient {
    return { consumer: () => this.create(), admin: () => this.admin() } as unknown as KafkaClient;
  }

  get last(): FakeConsumer {
    const last = this.all.at(-1);
    if (last === undefined) throw new Error('no consumer was created');
    return last;
  }

  private create(): FakeConsumer {
    const consumer = new FakeConsumer(this);
    this.all.push(consumer);
    return consumer;
  }

  private admin() {
    const found = () => [...this.partitions];
    return {
      connect: () =>
        this.failedAdminConnects-- > 0 ? Promise.reject(new Error('connection refused')) : Promise.resolve(),
      disconnect: () => Promise.resolve(),
      fetchTopicOffsets: () =>
        Promise.resolve(
          found().map(([partition, { low, high }]) => ({ partition, low: String(low), high: String(high) })),
        ),
      fetchOffsets: () =>
        Promise.resolve([
          {
            topic: this.topic,
            partitions: found().map(([partition, { committed = -1 }]) => ({
              partition,
              offset: String(committed),
            })),
          },
        ]),
    };
  }
}

export interface FakeRecord {
  key: Buffer | null;
  value: Buffer | null;
}

type Listener = (event: { payload: unknown }) => void;

class FakeConsumer {
  readonly events = events;
  /** Calls of the consumer, in order, except for commits. */
  readonly calls: string[] = [];
  isRejectingCalls = false;
  private hasJoined = false;
  private readonly paused = new Set<number>();
  private readonly positions = new Map<number, number>();
  private readonly listeners = new Map<string, Listener>();
  /** Resolves when kafkajs would make its next fetch. */
  mayFetch: Promise<void> = Promise.resolve();
  private eachBatch: (payload: EachBatchPayload) => Promise<void> = () => Promise.resolve();

  constructor(private readonly group: FakeConsumers) {}

  on(event: string, listener: Listener): void {
    this.listeners.set(event, listener);
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  subscribe(): Promise<void> {
    return Promise.resolve();
  }

  async run({ eachBatch }: { eachBatch: (payload: EachBatchPayload) => Promise<void> }): Promise<void> {
    this.eachBatch = eachBatch;
    await this.group.joining;
    this.calls.push('run');
  }

  disconnect(): Promise<void> {
    this.calls.push('disconnect');
    return Promise.resolve();
  }

  pause([
    {
      partitions: [partition],
    },
  ]: [{ partitions: [number] }]): void {
    this.record(`pause ${partition}`);
    this.paused.add(partition);
  }

  resume([
    {
      partitions: [partition],
    },
  ]: [{ partitions: [number] }]): void {
    this.record(`resume ${partition}`);
    this.paused.delete(partition);
  }

  seek({ partition, offset }: { partition: number; offset: string }): void {
    this.record(`seek ${partition} to ${offset}`);
    this.positions.set(partition, Number(offset));
  }

  /** Like kafkajs, resolves without committing if it has not joined. */
  commitOffsets(offsets: { partition: number; offset: string }[]): Promise<void> {
    if (!this.hasJoined) return Promise.resolve();
    const { commitError, insteadOfCommit } = this.group;
    if (commitError !== undefined) return Promise.reject(commitError);
    if (insteadOfCommit !== undefined) {
      this.group.insteadOfCommit = undefined;
      insteadOfCommit();
      return Promise.resolve();
    }
    for (const { partition, offset } of offsets) {
      const state = this.group.partitions.get(partition);
      if (state !== undefined) state.committed = Number(offset);
    }
    this.emit('consumer.commit_offsets', {});
    return Promise.resolve();
  }

  /** Assigns exactly these partitions to this consumer. */
  join(...partitions: number[]): void {
    this.hasJoined = true;
    this.emit('consumer.group_join', { memberAssignment: { [this.group.topic]: partitions } });
  }

  /** Starts or ends a fetch from a broker. */
  fetchEvent(nodeId: number, state: 'begins' | 'ended'): void {
    this.emit(state === 'begins' ? 'consumer.fetch_start' : 'consumer.fetch', { nodeId });
  }

  /** Emits kafkajs's event for a batch. kafkajs does not pass on a batch without records for the application. */
  skip(partition: number, firstOffset: number | null, lastOffset: number, { batchSize = 0 } = {}): void {
    this.emit('consumer.start_batch_process', {
      partition,
      batchSize,
      firstOffset: firstOffset === null ? null : String(firstOffset),
      lastOffset: String(lastOffset),
    });
  }

  /** @param restart whether kafkajs restarts this consumer object itself */
  crash(error: Error, { restart = false } = {}): void {
    this.emit('consumer.crash', { error, restart });
  }

  /** Delivers a fetched batch. Returns the offset up to which it was accepted; undefined if it was dropped. */
  fetch(
    partition: number,
    offsets: readonly number[],
    {
      fetchedOffset = offsets[0] ?? 0,
      isStale = false,
      recordAt = (offset: number): FakeRecord => ({ key: null, value: Buffer.from(String(offset)) }),
    } = {},
  ): number | undefined {
    let resolved: number | undefined;
    const messages = offsets.map((offset): Partial<KafkaMessage> => ({
      offset: String(offset),
      timestamp: '0',
      ...recordAt(offset),
    }));
    this.mayFetch = this.eachBatch({
      batch: {
        highWatermark: String(this.group.partitions.get(partition)?.high ?? 0),
        topic: this.group.topic,
        partition,
        fetchedOffset: String(fetchedOffset),
        messages,
        lastOffset: () => String(offsets.at(-1)),
      },
      isStale: () => isStale,
      resolveOffset: (offset: string) => {
        resolved = Number(offset);
      },
    } as unknown as EachBatchPayload).then(() => {
      this.emit('consumer.end_batch_process', { partition, lastOffset: String(offsets.at(-1)) });
    });
    return resolved;
  }

  /** Fetches a few records of each partition that is not paused, from its position on. */
  fetchFrom(log: readonly (readonly FakeRecord[])[]): void {
    for (const [partition, position] of this.positions) {
      const records = log[partition] ?? [];
      const offsets = [...records.keys()].slice(position, position + 5);
      if (this.paused.has(partition) || offsets.length === 0) continue;
      const recordAt = (offset: number): FakeRecord => records[offset] ?? { key: null, value: null };
      const resolved = this.fetch(partition, offsets, { recordAt });
      if (resolved !== undefined) this.positions.set(partition, resolved + 1);
    }
  }

  private record(call: string): void {
    if (this.isRejectingCalls)
      throw new Error('Consumer group was not initialized, consumer#run must be called first');
    this.calls.push(call);
  }

  private emit(event: string, payload: unknown): void {
    this.listeners.get(event)?.({ payload });
  }
}
