import { type Outcome } from '@app/delivery';
import { type Database } from './database';
import { binOf } from './latency-bins';

/** Counts are stored in steps of these lengths, so that a long range does not add up many short steps. */
export const stepLengthsMs = [10_000, 300_000, 3_600_000] as const;

type Column = 'received' | Outcome;

/** Counts over time. They are collected while a batch is applied, and written at its end. */
export class FlowRows {
  private readonly counts = new Map<
    string,
    { column: Column; stepMs: number; atMs: number; count: number }
  >();
  private readonly latencies = new Map<
    string,
    { stepMs: number; atMs: number; bin: number; count: number }
  >();

  constructor(private readonly db: Database) {}

  add(column: Column, atMs: number): void {
    for (const stepMs of stepLengthsMs) {
      const step = { column, stepMs, atMs: floor(atMs, stepMs) };
      const name = `${column} ${stepMs} ${step.atMs}`;
      this.counts.set(name, { ...step, count: (this.counts.get(name)?.count ?? 0) + 1 });
    }
  }

  addLatency(atMs: number, latencyMs: number): void {
    const bin = binOf(latencyMs);
    for (const stepMs of stepLengthsMs) {
      const step = { stepMs, atMs: floor(atMs, stepMs), bin };
      const name = `${stepMs} ${step.atMs} ${bin}`;
      this.latencies.set(name, { ...step, count: (this.latencies.get(name)?.count ?? 0) + 1 });
    }
  }

  write(): void {
    for (const { column, stepMs, atMs, count } of this.counts.values()) {
      this.db.run(
        `INSERT INTO flow (step_ms, at_ms, ${column}) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET ${column} = ${column} + excluded.${column}`,
        ...[stepMs, atMs, count],
      );
    }
    for (const { stepMs, atMs, bin, count } of this.latencies.values()) {
      this.db.run(
        'INSERT INTO latency VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
        ...[stepMs, atMs, bin, count],
      );
    }
    this.clear();
  }

  /** Discards the counts of a batch that was rolled back. */
  clear(): void {
    this.counts.clear();
    this.latencies.clear();
  }
}

function floor(atMs: number, stepMs: number): number {
  return Math.floor(atMs / stepMs) * stepMs;
}
