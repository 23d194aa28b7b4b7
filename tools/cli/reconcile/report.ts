import { tableText } from '../output';
import { type Coverage } from './coverage';
import { type Exclusion } from './expected-event';
import { type Status } from './statuses';

interface Amount {
  transactions: number;
  usd: number;
}

/** Purchases and refunds of one UTC day and product. A refund counts on its own day, with a negative amount. */
export type Amounts = Record<'revenuecat' | Status, Amount>;

export interface ReportLine extends Amounts {
  /** YYYY-MM-DD. */
  day: string;
  product: string;
}

export interface Report {
  project: string;
  /** What was delivered is known from this time; null if nothing is known. */
  coveredFrom: string | null;
  coveredTo: string;
  lines: ReportLine[];
  totals: Amounts;
  /** Rows that are not compared, by the reason. */
  excluded: Record<Exclusion, number>;
  /** Purchases and refunds whose price RevenueCat does not know. They count as 0 USD. */
  unpriced: number;
  invalidRows: { count: number; example: string | null };
  /** Purchases and refunds that were received without a transaction id and cannot be compared. */
  receivedWithoutTransactionId: number;
  /** Stores with missing transactions of which none in the export was received. */
  unmatchedStores: string[];
}

/** Adds purchases and refunds by day and product. */
export class ReportBuilder {
  private readonly lines = new Map<string, ReportLine>();
  private readonly totals = emptyAmounts();
  private readonly excluded = { sandbox: 0, familyShared: 0, promotional: 0, invalidated: 0 };
  private readonly invalidRows: Report['invalidRows'] = { count: 0, example: null };
  private unpriced = 0;
  private receivedWithoutTransactionId = 0;
  private readonly receivedStores = new Set<string>();
  private readonly missingStores = new Set<string>();

  /** @param deliveredUsd amount of the delivered event, if there is one */
  add(
    { atMs, product, store, usd }: { atMs: number; product: string; store: string; usd: number | undefined },
    status: Status,
    deliveredUsd: number | undefined,
  ): void {
    const line = this.line(new Date(atMs).toISOString().slice(0, 10), product);
    if (usd === undefined) this.unpriced += 1;
    if (status === 'missing') this.missingStores.add(store);
    for (const amounts of [line, this.totals]) {
      addTo(amounts.revenuecat, usd);
      addTo(amounts[status], status === 'delivered' ? deliveredUsd : usd);
    }
  }

  exclude(exclusion: Exclusion): void {
    this.excluded[exclusion] += 1;
  }

  addInvalidRow(example: string): void {
    this.invalidRows.count += 1;
    this.invalidRows.example ??= example;
  }

  /** @param store of a transaction that was received, whatever its time */
  addReceivedStore(store: string): void {
    this.receivedStores.add(store);
  }

  addWithoutTransactionId(): void {
    this.receivedWithoutTransactionId += 1;
  }

  result(project: string, { fromMs, toMs }: Coverage): Report {
    const lines = [...this.lines.values()].toSorted(
      (a, b) => compare(a.day, b.day) || compare(a.product, b.product),
    );
    return {
      project,
      coveredFrom: fromMs === undefined ? null : new Date(fromMs).toISOString(),
      coveredTo: new Date(toMs).toISOString(),
      lines: lines.map((line) => ({ ...line, ...rounded(line) })),
      totals: rounded(this.totals),
      excluded: this.excluded,
      unpriced: this.unpriced,
      invalidRows: this.invalidRows,
      receivedWithoutTransactionId: this.receivedWithoutTransactionId,
      unmatchedStores: [...this.missingStores.difference(this.receivedStores)].sort(),
    };
  }

  private line(day: string, product: string): ReportLine {
    const key = `${day} ${product}`;
    let line = this.lines.get(key);
    if (line === undefined) this.lines.set(key, (line = { day, product, ...emptyAmounts() }));
    return line;
  }
}

export function reportText(report: Report): string {
  const { lines, totals, coveredFrom, coveredTo, excluded, unpriced, invalidRows } = report;
  const head = [
    'day',
    'product',
    'RevenueCat',
    'USD',
    'delivered',
    'USD',
    'missing',
    'USD',
    'undelivered',
    'unknown',
  ];
  const cells = ({ revenuecat, delivered, missing, undelivered, unknown }: Amounts): (string | number)[] => [
    ...[revenuecat, delivered, missing].flatMap(({ transactions, usd }) => [transactions, usd.toFixed(2)]),
    undelivered.transactions,
    unknown.transactions,
  ];
  const rows = [
    ...lines.map((line) => [line.day, line.product, ...cells(line)]),
    ['total', '', ...cells(totals)],
  ];
  const left = Object.entries(excluded).filter(([, count]) => count > 0);
  return [
    tableText(head, rows),
    coveredFrom === null
      ? 'It is unknown what was delivered: Kafka has no deliveries of this project, or deletes them by size (retention.bytes).'
      : `What was delivered is known from ${coveredFrom} to ${coveredTo}.`,
    ...(left.length === 0
      ? []
      : [
          `Rows not compared: ${left.map(([reason, count]) => `${count} ${exclusionNames[reason as Exclusion]}`).join(', ')}.`,
        ]),
    ...(unpriced === 0 ? [] : [`${unpriced} have no price in USD and count as 0.`]),
    ...(invalidRows.count === 0
      ? []
      : [`${invalidRows.count} rows are invalid. The first: ${invalidRows.example ?? ''}.`]),
    ...(report.receivedWithoutTransactionId === 0
      ? []
      : [
          `${report.receivedWithoutTransactionId} purchases or refunds were received without a transaction id and cannot be compared. The transactions that they belong to appear as missing.`,
        ]),
    ...(report.unmatchedStores.length === 0
      ? []
      : [
          `Nothing in the export was received from ${report.unmatchedStores.join(', ')}. Is it the export of project "${report.project}", with its transaction ids unchanged?`,
        ]),
  ].join('\n');
}

/** Why the events that appear as missing may have been delivered; empty if nothing indicates it. */
export function reasonsToDoubt({ receivedWithoutTransactionId, unmatchedStores }: Report): string[] {
  return [
    ...(unmatchedStores.length === 0
      ? []
      : [`nothing in the export was received from ${unmatchedStores.join(', ')}`]),
    ...(receivedWithoutTransactionId === 0
      ? []
      : [`${receivedWithoutTransactionId} events were received without a transaction id`]),
  ];
}

const exclusionNames: Record<Exclusion, string> = {
  sandbox: 'sandbox',
  familyShared: 'family-shared',
  promotional: 'promotional',
  invalidated: 'invalidated by Google',
};

function emptyAmounts(): Amounts {
  const none = (): Amount => ({ transactions: 0, usd: 0 });
  return { revenuecat: none(), delivered: none(), undelivered: none(), missing: none(), unknown: none() };
}

function addTo(amount: Amount, usd: number | undefined): void {
  amount.transactions += 1;
  amount.usd += usd ?? 0;
}

/** To cents, without the error of adding binary fractions, and without -0. */
function rounded({ revenuecat, delivered, undelivered, missing, unknown }: Amounts): Amounts {
  const toCents = ({ transactions, usd }: Amount): Amount => ({
    transactions,
    usd: Math.round(usd * 100) / 100 + 0,
  });
  return {
    revenuecat: toCents(revenuecat),
    delivered: toCents(delivered),
    undelivered: toCents(undelivered),
    missing: toCents(missing),
    unknown: toCents(unknown),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
