import { type ClusterState, type ConsumedRecord } from '@app/kafka';
import { type Database } from './database';

/** The next offset of each partition. Stored in the same transaction as the rows, so that no record counts twice. */
export class Positions {
  private readonly next = new Map<string, number>();

  constructor(private readonly db: Database) {
    for (const row of db.all<{ topic: string; partition: number; next: number }>('SELECT * FROM positions')) {
      this.next.set(nameOf(row.topic, row.partition), row.next);
    }
  }

  readonly of = (topic: string, partition: number): number | undefined =>
    this.next.get(nameOf(topic, partition));

  /** Returns the records of a partition that have not been applied yet, in order. */
  fresh(topic: string, partition: number, records: readonly ConsumedRecord[]): readonly ConsumedRecord[] {
    const next = this.of(topic, partition) ?? 0;
    return records.filter(({ offset }) => offset >= next);
  }

  /** Call it in the transaction that writes the rows. */
  write(topic: string, partition: number, next: number): void {
    this.db.run('INSERT OR REPLACE INTO positions VALUES (?, ?, ?)', topic, partition, next);
  }

  /** Call it after that transaction. */
  committed(topic: string, partition: number, next: number): void {
    this.next.set(nameOf(topic, partition), next);
  }

  /** Returns the topics from which records have been read. */
  topics(): string[] {
    return this.db
      .all<{ topic: string }>('SELECT DISTINCT topic FROM positions WHERE next > 0')
      .map(({ topic }) => topic);
  }

  /** Starts a topic from its beginning after it was deleted or created again. */
  reset(topic: string): void {
    const partitions = this.db.all<{ partition: number }>(
      'SELECT partition FROM positions WHERE topic = ?',
      topic,
    );
    this.db.run('UPDATE positions SET next = 0 WHERE topic = ?', topic);
    for (const { partition } of partitions) this.next.set(nameOf(topic, partition), 0);
  }

  /** Returns true if a position is after the end of its partition, because the topic was created again. */
  isBeyond(topic: string, ends: ReadonlyMap<number, number>): boolean {
    return [...ends].some(([partition, end]) => (this.of(topic, partition) ?? 0) > end);
  }

  /**
   * Returns why the stored positions are not valid on this cluster, so that the read model must be rebuilt; undefined if they
   * are valid.
   */
  problemOn(cluster: ClusterState): string | undefined {
    const known = this.db.meta('cluster');
    if (known !== undefined && known !== cluster.clusterId) return 'it was built from another Kafka cluster';
    for (const [topic, ends] of cluster.ends)
      if (this.isBeyond(topic, ends)) return `topic ${topic} has been created again since`;
    return undefined;
  }
}

function nameOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
