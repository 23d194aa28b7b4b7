import { type ClusterState, type ConsumedRecord } from '@app/kafka';
import { type Database } from './database';

/** How far each partition has been taken in. Kept with the rows, in the same transaction, so that no record counts twice. */
export class Positions {
  private readonly next = new Map<string, number>();

  constructor(private readonly db: Database) {
    for (const row of db.all<{ topic: string; partition: number; next: number }>('SELECT * FROM positions')) {
      this.next.set(nameOf(row.topic, row.partition), row.next);
    }
  }

  readonly of = (topic: string, partition: number): number | undefined =>
    this.next.get(nameOf(topic, partition));

  /** Those of a partition's records that have not been taken in, in order. */
  fresh(topic: string, partition: number, records: readonly ConsumedRecord[]): readonly ConsumedRecord[] {
    const next = this.of(topic, partition) ?? 0;
    return records.filter(({ offset }) => offset >= next);
  }

  /** Inside the transaction that holds the rows. */
  write(topic: string, partition: number, next: number): void {
    this.db.run('INSERT OR REPLACE INTO positions VALUES (?, ?, ?)', topic, partition, next);
  }

  /** After that transaction. */
  committed(topic: string, partition: number, next: number): void {
    this.next.set(nameOf(topic, partition), next);
  }

  /**
   * Why positions kept earlier mean nothing on this cluster, or undefined where they do: then the read model is to be
   * built anew.
   */
  problemOn(cluster: ClusterState): string | undefined {
    const known = this.db.meta('cluster');
    if (known !== undefined && known !== cluster.clusterId) return 'it was built from another Kafka cluster';
    for (const [topic, ends] of cluster.ends) {
      for (const [partition, end] of ends) {
        if ((this.of(topic, partition) ?? 0) > end) return `topic ${topic} has been made anew since`;
      }
    }
    return undefined;
  }
}

function nameOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
