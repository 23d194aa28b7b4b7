import {
  type ConsumerLagReader,
  type ExistingTopics,
  projectOfDeliveriesTopic,
  type TopicNames,
} from '@app/kafka';
import { type Positions } from './positions';

/** Finds the deliveries topics to read: one per project. They can be created and deleted while the console runs. */
export class DeliveriesTopics {
  constructor(
    private readonly names: TopicNames,
    private readonly existing: Pick<ExistingTopics, 'list'>,
    private readonly lag: Pick<ConsumerLagReader, 'clusterState'>,
    private readonly positions: Positions,
  ) {}

  /**
   * Returns the existing topics. Resets the positions of a topic that was deleted. A topic that was created again under its
   * old name is omitted once, so that its consumer is replaced and starts again. Rejects if Kafka is unavailable.
   */
  async topicsToRead(): Promise<string[]> {
    const existing = await this.existing.list();
    for (const topic of this.positions.topics())
      if (this.isDeliveriesTopic(topic) && !existing.has(topic)) this.positions.reset(topic);
    const { ends } = await this.lag.clusterState(
      [...existing].filter((topic) => this.isDeliveriesTopic(topic)),
    );
    const recreated = [...ends].flatMap(([topic, of]) => (this.positions.isBeyond(topic, of) ? [topic] : []));
    for (const topic of recreated) this.positions.reset(topic);
    return [...ends.keys()].filter((topic) => !recreated.includes(topic));
  }

  private isDeliveriesTopic(topic: string): boolean {
    return projectOfDeliveriesTopic(this.names, topic) !== undefined;
  }
}
