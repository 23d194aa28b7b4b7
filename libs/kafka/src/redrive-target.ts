import { headerNames as h } from './headers';
import { partitionOf } from './partition-of';
import { type ConsumedRecord } from './records';
import { deliveriesTopic, projectOfDeliveriesTopic, type TopicNames } from './topics';

export interface RedriveContext {
  topics: TopicNames;
  /** Project of records without a project id. */
  defaultProjectId: string;
  /** Partition counts of the existing deliveries topics, by project. */
  partitions: ReadonlyMap<string, number>;
}

export type RedriveTarget =
  { kind: 'partition'; topic: string; partition: number } | { kind: 'unknown_project'; projectId: string };

/**
 * Where to redrive a dead letter of a delivery: to the topic and partition that it came from, behind the other events of its
 * customer. If it came from another topic, to the deliveries topic of the project in its header.
 */
export function redriveTarget(
  { key, headers }: { key: Uint8Array | null; headers: ConsumedRecord['headers'] },
  { topics, defaultProjectId, partitions }: RedriveContext,
): RedriveTarget {
  const source = projectOfDeliveriesTopic(topics, headers[h.deadLetterTopic] ?? '');
  const projectId = source ?? headers[h.projectId] ?? defaultProjectId;
  const count = partitions.get(projectId);
  if (count === undefined) return { kind: 'unknown_project', projectId };
  const partition = source === undefined ? NaN : Number(headers[h.deadLetterPartition]);
  return {
    kind: 'partition',
    topic: deliveriesTopic(topics, projectId),
    partition:
      Number.isInteger(partition) && partition >= 0 && partition < count
        ? partition
        : partitionOf(Buffer.from(key ?? []), count),
  };
}
