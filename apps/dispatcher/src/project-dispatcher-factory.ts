import { type DispatchPolicy, type RedisLedger } from '@app/delivery';
import { type Integration } from '@app/integrations';
import {
  BatchConsumer,
  deliveriesTopic,
  dispatcherGroup,
  type KafkaClient,
  type RecordProducer,
  type TopicNames,
} from '@app/kafka';
import { type Logger } from '@app/platform';
import { StatsigClient } from '@app/statsig';
import { dispatchBatch } from './dispatch.stage';
import { dispatchPolicy } from './dispatch-policy';
import { type DispatcherConfig } from './dispatcher.config';
import { OutcomeWriter } from './outcome-writer';
import { ProjectDispatcher } from './project-dispatcher';
import { type RequestLimiter } from './request-limiter';
import { StatsigSender } from './statsig-sender';

/** Milliseconds that are unaffected by changes of the system clock. */
export const monotonicMs = (): number => performance.now();

interface ProjectDispatcherFactoryPorts {
  kafka: KafkaClient;
  topics: TopicNames;
  producer: RecordProducer;
  ledger: RedisLedger;
  limiter: RequestLimiter;
  logger: Logger;
}

/** Creates the dispatcher of each project, with a consumer and connections to Statsig. */
export class ProjectDispatcherFactory {
  private readonly policy: DispatchPolicy;

  constructor(
    private readonly config: DispatcherConfig,
    private readonly ports: ProjectDispatcherFactoryPorts,
  ) {
    this.policy = dispatchPolicy(config);
  }

  /**
   * @param integration the current integration; undefined when it is no longer served
   * @param memoryShare memory that the project may use now, in bytes
   */
  readonly create = (
    projectId: string,
    integration: () => Integration | undefined,
    memoryShare: () => number,
  ): ProjectDispatcher => {
    const { kafka, topics, producer, ledger, limiter, logger } = this.ports;
    const outcomes = new OutcomeWriter(projectId, producer, topics, logger);
    const sender = new StatsigSender(projectId, this.createClient(), limiter, logger);
    const ports = { ledger, sender, outcomes, integration, policy: this.policy, nowMs: monotonicMs, logger };
    const dispatcher = new ProjectDispatcher(projectId, ports);
    const stage = { projectId, dispatcher, outcomes, logger };
    const consumer = new BatchConsumer({
      kafka,
      topic: deliveriesTopic(topics, projectId),
      groupId: dispatcherGroup(this.config.KAFKA_TOPIC_PREFIX, projectId),
      isTraceDecided: () => true,
      handler: (batch) => dispatchBatch(batch, stage),
      concurrentBatches: true,
      maxBatchRecords: 1_000,
      maxUnackedBytes: memoryShare,
      onStall: () => {
        dispatcher.leaveBackingOff();
      },
      commitIntervalMs: 500,
      logger,
    });
    return dispatcher.readFrom(consumer);
  };

  private createClient(): StatsigClient {
    const { config } = this;
    return new StatsigClient({
      webhookUrl: config.STATSIG_BASE_URL,
      webhookPath: config.STATSIG_WEBHOOK_PATH,
      eventsUrl: config.STATSIG_EVENTS_URL,
      connections: config.STATSIG_MAX_IN_FLIGHT,
      connectTimeoutMs: config.STATSIG_CONNECT_TIMEOUT,
      timeoutMs: config.STATSIG_REQUEST_TIMEOUT,
    });
  }
}
