import {
  type ConsumerLagReader,
  deliveriesTopic,
  dispatcherGroup,
  type ExistingTopics,
  projectOfDeliveriesTopic,
  type TopicNames,
} from '@app/kafka';
import { type StageBacklog } from './overview-view';

const freshForMs = 2_000;

export interface BacklogFigures {
  stages: StageBacklog[];
  /** Records that wait before the dispatcher, by project; without the projects whose lag could not be read. */
  byProject: ReadonlyMap<string, number>;
}

/** How many records wait before each stage. Read from Kafka every two seconds at most; only the first caller waits for it. */
export class Backlog {
  private known: Promise<BacklogFigures> | undefined;
  /** Projects with a deliveries topic, as listed last. */
  private projects: readonly string[] | undefined;
  private readAtMs = -Infinity;

  constructor(
    private readonly lag: Pick<ConsumerLagReader, 'lagOf'>,
    private readonly existing: Pick<ExistingTopics, 'list'>,
    private readonly topics: TopicNames,
    private readonly groups: { prefix: string; console: (topic: string) => string },
  ) {}

  figures(nowMs: number): Promise<BacklogFigures> {
    if (this.known !== undefined && nowMs - this.readAtMs <= freshForMs) return this.known;
    this.readAtMs = nowMs;
    const next = this.read();
    this.known ??= next;
    void next.then((figures) => {
      this.known = Promise.resolve(figures);
    });
    return this.known;
  }

  private async read(): Promise<BacklogFigures> {
    const { events, receipts } = this.topics;
    const { prefix, console: consoleGroup } = this.groups;
    this.projects = await this.listProjects().catch(() => this.projects);
    const projects = this.projects ?? [];
    const groups = [
      { topic: events, groupId: `${prefix}mapper` },
      { topic: receipts, groupId: consoleGroup(receipts) },
      ...projects.map((projectId) => ({
        topic: deliveriesTopic(this.topics, projectId),
        groupId: dispatcherGroup(prefix, projectId),
      })),
    ];
    const [mapper, console, ...dispatcher] = await this.lag.lagOf(groups).catch(() => []);
    const byProject = new Map(
      projects.flatMap((projectId, i): [string, number][] => {
        const records = dispatcher[i];
        return records === undefined ? [] : [[projectId, records]];
      }),
    );
    const isKnown = this.projects !== undefined && (byProject.size > 0 || projects.length === 0);
    return {
      stages: [
        { stage: 'mapper', records: mapper ?? null },
        {
          stage: 'dispatcher',
          records: isKnown ? [...byProject.values()].reduce((sum, records) => sum + records, 0) : null,
        },
        { stage: 'console', records: console ?? null },
      ],
      byProject,
    };
  }

  private async listProjects(): Promise<string[]> {
    return [...(await this.existing.list())].flatMap(
      (topic) => projectOfDeliveriesTopic(this.topics, topic) ?? [],
    );
  }
}
