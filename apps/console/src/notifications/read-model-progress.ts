import { type ConsumerLagReader } from '@app/kafka';
import { type Positions } from '../read-model/positions';

type Ends = Awaited<ReturnType<ConsumerLagReader['clusterState']>>['ends'];

/** An older call proves nothing: another console has evaluated since. */
const maxAgeMs = 60_000;

/** Determines whether the read model is up to date. One that is rebuilt lacks events, and would show wrong states. */
export class ReadModelProgress {
  private before: { ends: Ends; atMs: number } | undefined;

  /** @param groupOf the consumer group with which the read model reads a topic */
  constructor(
    private readonly lag: Pick<ConsumerLagReader, 'clusterState' | 'readLag'>,
    private readonly positions: Pick<Positions, 'of'>,
    private readonly topics: readonly string[],
    private readonly groupOf: (topic: string) => string,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /**
   * Returns true if everything was read that the topics contained at the previous call, if that was less than a minute ago;
   * otherwise false. Rejects if Kafka cannot be reached.
   */
  async isCurrent(): Promise<boolean> {
    const { before } = this;
    this.before = undefined;
    const atMs = this.nowMs();
    const { ends } = await this.lag.clusterState(this.topics);
    this.before = { ends, atMs };
    if (before === undefined || atMs - before.atMs >= maxAgeMs) return false;
    if (!this.topics.every((topic) => before.ends.has(topic))) return false;
    const behind = this.topics.filter((topic) => this.isBehind(topic, before.ends.get(topic)));
    // The end of a topic may have no record that can be read: after a transaction, or if retention has deleted it.
    const lags = await this.lag.readLag(behind.map((topic) => ({ topic, groupId: this.groupOf(topic) })));
    return lags.every((lag) => lag === 0);
  }

  private isBehind(topic: string, ends: ReadonlyMap<number, number> | undefined): boolean {
    return [...(ends ?? [])].some(([partition, end]) => (this.positions.of(topic, partition) ?? 0) < end);
  }
}
