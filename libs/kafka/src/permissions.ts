import { dispatcherGroup, readerGroup, topicNames } from './topics';

/**
 * An operation that Kafka can allow a user. `Read`, `Write`, `Alter` and `Delete` include `Describe`
 * (https://kafka.apache.org/documentation/#operations_in_kafka).
 */
export type KafkaOperation =
  'Read' | 'Write' | 'Create' | 'Alter' | 'Delete' | 'Describe' | 'DescribeConfigs';

export interface KafkaPermission {
  resource: 'topic' | 'group';
  name: string;
  /** Prefixed: it applies to every topic or group whose name starts with `name`. */
  pattern: 'literal' | 'prefixed';
  operations: readonly KafkaOperation[];
  /** What the app does with it, for the docs. */
  purpose: string;
}

/** An app with its own user; `cli` is the command line and the `topics` step. */
export type KafkaUser = 'ingest' | 'mapper' | 'dispatcher' | 'console' | 'cli';

/**
 * The least permissions that each app needs if the `topics` step has created the shared topics.
 *
 * @param prefix KAFKA_TOPIC_PREFIX
 */
export function kafkaPermissions(prefix: string): Record<KafkaUser, KafkaPermission[]> {
  const names = topicNames(prefix);
  const { events, eventsDeadLetter, deliveriesDeadLetter, receipts, audit } = names;
  const on =
    (resource: KafkaPermission['resource'], pattern: KafkaPermission['pattern']) =>
    (name: string, operations: KafkaOperation[], purpose: string): KafkaPermission => ({
      resource,
      name,
      pattern,
      operations,
      purpose,
    });
  const topic = on('topic', 'literal');
  const group = on('group', 'literal');
  const groups = on('group', 'prefixed');
  const deliveries = (operations: KafkaOperation[], purpose: string): KafkaPermission =>
    on('topic', 'prefixed')(names.deliveriesPrefix, operations, purpose);
  const mapperGroup = `${prefix}mapper`;
  const dispatcherGroups = dispatcherGroup(prefix, '');
  return {
    ingest: [
      topic(events, ['Write'], 'write accepted events'),
      topic(eventsDeadLetter, ['Write'], 'write dead letters'),
    ],
    mapper: [
      topic(events, ['Read'], 'read events'),
      group(mapperGroup, ['Read'], 'join its group and commit offsets'),
      deliveries(
        ['Write', 'Create', 'Alter'],
        'write deliveries, create the topic of a new project, add partitions',
      ),
      topic(eventsDeadLetter, ['Write'], 'write dead letters'),
      topic(receipts, ['Write'], 'write receipts'),
    ],
    dispatcher: [
      deliveries(['Read'], 'read deliveries'),
      groups(dispatcherGroups, ['Read'], 'join the group of each project and commit offsets'),
      topic(deliveriesDeadLetter, ['Write'], 'write dead letters'),
      topic(receipts, ['Write'], 'write receipts'),
    ],
    console: [
      topic(
        events,
        ['Read', 'Write', 'DescribeConfigs'],
        'show events, resend and redrive them, check the settings',
      ),
      deliveries(
        ['Read', 'Write', 'DescribeConfigs'],
        'show deliveries and redrive them, check the settings',
      ),
      topic(receipts, ['Read', 'DescribeConfigs'], 'show outcomes, check the settings'),
      topic(eventsDeadLetter, ['Read', 'DescribeConfigs'], 'show dead letters, check the settings'),
      topic(deliveriesDeadLetter, ['Read', 'DescribeConfigs'], 'show dead letters, check the settings'),
      topic(audit, ['Read', 'Write', 'DescribeConfigs'], 'show and write audit records, check the settings'),
      groups(`${prefix}console-`, ['Read'], 'join a group for each topic and commit offsets'),
      group(mapperGroup, ['Describe'], 'show the lag'),
      groups(dispatcherGroups, ['Describe'], 'show the lag'),
    ],
    cli: [
      topic(
        events,
        ['Create', 'Read', 'Write', 'DescribeConfigs'],
        'create the topic, replay, reconcile and redrive, check the settings',
      ),
      topic(
        eventsDeadLetter,
        ['Create', 'Read', 'DescribeConfigs'],
        'create the topic, list and redrive dead letters, check the settings',
      ),
      topic(
        deliveriesDeadLetter,
        ['Create', 'Read', 'DescribeConfigs'],
        'create the topic, list and redrive dead letters, check the settings',
      ),
      topic(receipts, ['Create', 'Describe', 'DescribeConfigs'], 'create the topic, check the settings'),
      topic(
        audit,
        ['Create', 'Write', 'DescribeConfigs'],
        'create the topic, write audit records, check the settings',
      ),
      deliveries(
        ['Create', 'Alter', 'Read', 'Write', 'Delete', 'DescribeConfigs'],
        'create the topics, add partitions, reconcile, redrive, delete orphaned topics, check the settings',
      ),
      groups(readerGroup(prefix), ['Read', 'Delete'], 'read a topic with a temporary group'),
      group(mapperGroup, ['Describe'], 'show the lag'),
      groups(dispatcherGroups, ['Describe', 'Delete'], 'show the lag, delete the group of an orphaned topic'),
    ],
  };
}
