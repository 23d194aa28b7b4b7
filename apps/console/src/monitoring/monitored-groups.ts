import {
  deliveriesTopic,
  dispatcherGroup,
  type ExistingTopics,
  type MonitoredGroup,
  projectOfDeliveriesTopic,
  type TopicNames,
} from '@app/kafka';

/** Lists the consumer groups of the pipeline whose backlog is exported as metrics. */
export class MonitoredGroups {
  /** Projects with a deliveries topic, from the last successful listing. */
  private projects: readonly string[] = [];

  constructor(
    private readonly existing: Pick<ExistingTopics, 'list'>,
    private readonly topics: TopicNames,
    private readonly groups: { prefix: string; console: (topic: string) => string },
  ) {}

  /** If the topics of the cluster cannot be listed, returns the groups of the projects known so far. */
  readonly list = async (): Promise<MonitoredGroup[]> => {
    const { prefix } = this.groups;
    this.projects = await this.listProjects().catch(() => this.projects);
    const { events, eventsDeadLetter, receipts, deliveriesDeadLetter, audit } = this.topics;
    return [
      { consumer: 'mapper', groupId: `${prefix}mapper`, topic: events },
      ...[events, eventsDeadLetter, receipts, deliveriesDeadLetter, audit].map((topic) =>
        this.ofConsole(topic),
      ),
      ...this.projects.flatMap((projectId): MonitoredGroup[] => {
        const topic = deliveriesTopic(this.topics, projectId);
        const groupId = dispatcherGroup(prefix, projectId);
        return [{ consumer: 'dispatcher', groupId, topic, projectId }, this.ofConsole(topic, projectId)];
      }),
    ];
  };

  private ofConsole(topic: string, projectId?: string): MonitoredGroup {
    const group = { consumer: 'console' as const, groupId: this.groups.console(topic), topic };
    return projectId === undefined ? group : { ...group, projectId };
  }

  private async listProjects(): Promise<string[]> {
    return [...(await this.existing.list())].flatMap(
      (topic) => projectOfDeliveriesTopic(this.topics, topic) ?? [],
    );
  }
}
