/** Counts what happened to the events. */
export class ProduceSummary {
  private accepted = 0;
  private resent = 0;
  private readonly rejections = new Map<string, { count: number; example: string }>();

  constructor(private readonly onDone: (events: number) => void = () => undefined) {}

  accept(): void {
    this.accepted += 1;
    this.onDone(1);
  }

  /** @param detail why this event was rejected; the first of each reason is shown */
  reject(reason: string, detail: string): void {
    const known = this.rejections.get(reason);
    if (known === undefined) this.rejections.set(reason, { count: 1, example: detail });
    else known.count += 1;
    this.onDone(1);
  }

  resend(): void {
    this.resent += 1;
  }

  /** @param elapsedMs time since the first event */
  result(elapsedMs: number, seed: string | undefined): ProduceResult {
    const rejections = [...this.rejections]
      .map(([reason, { count, example }]) => ({ reason, count, example }))
      .toSorted((a, b) => b.count - a.count);
    const rejected = rejections.reduce((sum, { count }) => sum + count, 0);
    const seconds = elapsedMs / 1_000;
    return {
      accepted: this.accepted,
      rejected,
      resent: this.resent,
      seconds: Math.round(seconds * 10) / 10,
      eventsPerSecond: seconds === 0 ? 0 : Math.round((this.accepted + rejected) / seconds),
      rejections,
      ...(seed !== undefined && { seed }),
    };
  }
}

export interface ProduceResult {
  accepted: number;
  rejected: number;
  /** Number of attempts beyond the first of each event. */
  resent: number;
  seconds: number;
  eventsPerSecond: number;
  /** The most frequent first. */
  rejections: { reason: string; count: number; example: string }[];
  /** Seed of generated events. */
  seed?: string;
}

export function summaryText(result: ProduceResult): string {
  const { accepted, rejected, resent, seconds, eventsPerSecond, rejections, seed } = result;
  return [
    `${accepted} accepted, ${rejected} rejected, ${resent} sent again, in ${seconds} s (${eventsPerSecond} events/s).`,
    ...rejections.map(({ reason, count, example }) => `${count} rejected: ${reason}. ${example}`),
    ...(seed === undefined
      ? []
      : [`Seed ${seed}: the same seed generates the same events, which are duplicates.`]),
  ].join('\n');
}
