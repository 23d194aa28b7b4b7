import { type RejectedWebhooksStore } from '@app/integrations';
import { ConsumerLagReader, type KafkaClient, type KafkaMonitor, type TopicNames } from '@app/kafka';
import { type Logger } from '@app/platform';
import { type ConsoleConfig } from '../console.config';
import { type IntegrationDirectory } from '../integrations/integration-directory';
import { consumerGroup } from '../read-model/consumers';
import { type ReadModel } from '../read-model/read-model';
import { type NotificationMonitor } from './notification-monitor';
import { observe } from './observer';
import { ReadModelProgress } from './read-model-progress';

export type Observe = ConstructorParameters<typeof NotificationMonitor>[0];

export type ObservedParts = [
  KafkaClient,
  TopicNames,
  ReadModel,
  IntegrationDirectory,
  RejectedWebhooksStore,
  KafkaMonitor,
  Logger,
];

/** Returns a function that observes the current states of all subjects. */
export function createObserve(
  config: ConsoleConfig,
  [kafka, topics, model, integrations, rejected, monitor, logger]: ObservedParts,
): Observe {
  const { KAFKA_TOPIC_PREFIX: prefix, NOTIFICATION_SILENCE_AFTER: silenceAfterMs } = config;
  const { events, eventsDeadLetter, receipts, deliveriesDeadLetter } = topics;
  const progress = new ReadModelProgress(
    new ConsumerLagReader(kafka),
    model.positions,
    [events, eventsDeadLetter, receipts, deliveriesDeadLetter],
    (topic) => consumerGroup(prefix, model, topic),
  );
  const ports = { db: model.db, integrations, rejected, progress, monitor, silenceAfterMs, logger };
  return () => observe(ports, Date.now());
}
