import { type ConsumerLagReader, isParkedTopic, type TopicNames } from '@app/kafka';
import { type StageBacklog } from './overview-view';

const freshForMs = 2_000;

/** How much waits before each stage: asked of Kafka at most every two seconds, and nobody waits for the answer but the first. */
export class Backlog {
  private known: Promise<StageBacklog[]> | undefined;
  private askedAtMs = -Infinity;

  constructor(
    private readonly lag: Pick<ConsumerLagReader, 'lagOf' | 'topics'>,
    private readonly topics: TopicNames,
    private readonly groups: { prefix: string; console: string },
  ) {}

  stages(nowMs: number): Promise<StageBacklog[]> {
    if (nowMs - this.askedAtMs > freshForMs) {
      this.askedAtMs = nowMs;
      const asked = this.ask();
      this.known ??= asked;
      void asked.then((stages) => {
        this.known = Promise.resolve(stages);
      });
    }
    return this.known ?? this.ask();
  }

  private async ask(): Promise<StageBacklog[]> {
    const { events, deliveries, receipts } = this.topics;
    const { prefix, console } = this.groups;
    // What is parked of one project waits for the same stage.
    const parked = await this.lag.topics().then(
      (all) => all.filter((topic) => isParkedTopic(this.topics, topic)),
      () => [],
    );
    return Promise.all([
      this.of('mapper', `${prefix}mapper`, [events]),
      this.of('dispatcher', `${prefix}dispatcher`, [deliveries, ...parked]),
      this.of('console', console, [receipts]),
    ]);
  }

  private async of(
    stage: StageBacklog['stage'],
    group: string,
    topics: readonly string[],
  ): Promise<StageBacklog> {
    try {
      const lags = await Promise.all(topics.map((topic) => this.lag.lagOf(group, topic)));
      return { stage, records: lags.reduce((sum, { records }) => sum + records, 0) };
    } catch {
      return { stage, records: null };
    }
  }
}
