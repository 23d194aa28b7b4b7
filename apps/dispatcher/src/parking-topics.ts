import { type IntegrationRegistry } from '@app/integrations';
import { type BatchConsumerStrategy, parkedTopic, type ParkedTopics, type TopicNames } from '@app/kafka';
import { type Logger } from '@app/platform';
import { parkedDeliveries } from './dispatcher.controller';

/** Sees to it that every project has a parking topic, and that this process consumes it. */
export class ParkingTopics {
  private topics: readonly string[] = [];
  private following: Promise<void> = Promise.resolve();

  constructor(
    private readonly names: TopicNames,
    private readonly admin: Pick<ParkedTopics, 'ensure' | 'existing'>,
    private readonly integrations: Pick<IntegrationRegistry, 'all' | 'onChange'>,
    private readonly consumer: Pick<BatchConsumerStrategy, 'follow'>,
    private readonly logger: Logger,
  ) {}

  get followed(): readonly string[] {
    return this.topics;
  }

  /**
   * Whether the project's events may be parked. Isolation costs a copy of what is parked: a single project has nobody
   * to be kept from.
   */
  isFor(projectId: string): boolean {
    return this.topics.length > 1 && this.topics.includes(parkedTopic(this.names, projectId));
  }

  async start(): Promise<void> {
    await this.consumer.follow(parkedDeliveries, []);
    await this.refresh();
    this.integrations.onChange(() => {
      this.following = this.following
        .then(() => this.refresh())
        .catch((error: unknown) => {
          this.logger.error(
            { err: error },
            'a parking topic could not be made ready; the change is taken up at the next one',
          );
        });
    });
  }

  private async refresh(): Promise<void> {
    const wanted = this.integrations.all().map(({ projectId }) => parkedTopic(this.names, projectId));
    const existing = await this.admin.existing();
    const missing = wanted.filter((topic) => !existing.includes(topic));
    if (missing.length > 0) await this.admin.ensure(missing);
    const topics = [...new Set([...existing, ...wanted])].sort();
    if (topics.every((topic) => this.topics.includes(topic))) return;
    this.topics = topics;
    await this.consumer.follow(parkedDeliveries, topics);
  }
}
