import {
  type ConsumerLagReader,
  deliveriesTopic,
  dispatcherGroup,
  type ExistingTopics,
  projectOfDeliveriesTopic,
  type TopicNames,
} from '@app/kafka';
import { type StageBacklog } from '../../api/overview';

const freshForMs = 2_000;
/** Older figures would be misleading: no one has requested them for a while, or Kafka has stopped responding. */
const usableForMs = 10_000;

export interface BacklogFigures {
  stages: StageBacklog[];
  /** Records that wait for the dispatcher, by project. Projects whose lag could not be read are absent. */
  byProject: ReadonlyMap<string, number>;
}

/** The figures if Kafka does not respond. */
export const unknownBacklog: BacklogFigures = {
  stages: [
    { stage: 'mapper', records: null },
    { stage: 'dispatcher', records: null },
    { stage: 'console', records: null },
  ],
  byProject: new Map(),
};

/** Counts the records that wait before each stage. Reads from Kafka at most every two seconds. */
export class Backlog {
  private known: { figures: BacklogFigures; atMs: number } | undefined;
  private reading: Promise<BacklogFigures> | undefined;
  /** Projects with a deliveries topic, from the last successful listing. */
  private projects: readonly string[] | undefined;

  constructor(
    private readonly lag: Pick<ConsumerLagReader, 'readLag'>,
    private readonly existing: Pick<ExistingTopics, 'list'>,
    private readonly topics: TopicNames,
    private readonly groups: { prefix: string; console: (topic: string) => string },
  ) {}

  /** Returns recent figures at once. Otherwise waits for Kafka, without a timeout. */
  async figures(nowMs: number): Promise<BacklogFigures> {
    const ageMs = nowMs - (this.known?.atMs ?? -Infinity);
    if (this.known !== undefined && ageMs <= freshForMs) return this.known.figures;
    this.reading ??= this.read()
      .then((figures) => {
        this.known = { figures, atMs: nowMs };
        return figures;
      })
      .finally(() => {
        this.reading = undefined;
      });
    return this.known !== undefined && ageMs <= usableForMs ? this.known.figures : this.reading;
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
    const [mapper, console, ...dispatcher] = await this.lag.readLag(groups).catch(() => []);
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
