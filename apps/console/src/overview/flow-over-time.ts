import { Injectable } from '@nestjs/common';
import {
  type FlowCounts,
  type FlowPoint,
  type LatencyPercentiles,
  type LatencyPoint,
} from '../../api/overview';
import { ReadModel } from '../read-model/read-model';
import { stepLengthsMs } from '../read-model/flow-rows';
import { percentile } from '../read-model/latency-bins';

/** Number of points that a chart should have. */
const targetPoints = 60;

export const nothing: FlowCounts = {
  received: 0,
  delivered: 0,
  duplicate: 0,
  filtered: 0,
  retrying: 0,
  dead_lettered: 0,
};

/** Counts and latencies of a time range that ends now. */
@Injectable()
export class FlowOverTime {
  constructor(private readonly model: ReadModel) {}

  flow(rangeMs: number, nowMs: number): FlowPoint[] {
    const { storedStepMs, stepMs } = stepOf(rangeMs);
    const fromMs = Math.floor((nowMs - rangeMs) / stepMs) * stepMs;
    const rows = this.model.db.all<FlowPoint>(
      `SELECT at_ms - at_ms % ? AS atMs, sum(received) AS received, sum(delivered) AS delivered,
         sum(duplicate) AS duplicate, sum(filtered) AS filtered, sum(retrying) AS retrying,
         sum(dead_lettered) AS dead_lettered
       FROM flow WHERE step_ms = ? AND at_ms >= ? GROUP BY 1 ORDER BY 1`,
      ...[stepMs, storedStepMs, fromMs],
    );
    const byTime = new Map(rows.map((row) => [row.atMs, row]));
    return stepsFrom(fromMs, nowMs, stepMs).map((atMs) => byTime.get(atMs) ?? { atMs, ...nothing });
  }

  latency(rangeMs: number, nowMs: number): { whole: LatencyPercentiles; points: LatencyPoint[] } {
    const { storedStepMs, stepMs } = stepOf(rangeMs);
    const fromMs = Math.floor((nowMs - rangeMs) / stepMs) * stepMs;
    const bins = this.model.db.all<{ atMs: number; bin: number; count: number }>(
      `SELECT at_ms - at_ms % ? AS atMs, bin, sum(count) AS count FROM latency WHERE step_ms = ? AND at_ms >= ? GROUP BY 1, 2`,
      ...[stepMs, storedStepMs, fromMs],
    );
    const byTime = Map.groupBy(bins, ({ atMs }) => atMs);
    return {
      whole: percentilesOf(bins),
      points: stepsFrom(fromMs, nowMs, stepMs).map((atMs) => ({
        atMs,
        ...percentilesOf(byTime.get(atMs) ?? []),
      })),
    };
  }
}

function percentilesOf(bins: readonly { bin: number; count: number }[]): LatencyPercentiles {
  return {
    p50: percentile(bins, 0.5) ?? null,
    p95: percentile(bins, 0.95) ?? null,
    p99: percentile(bins, 0.99) ?? null,
  };
}

/** Chooses the longest stored step that yields enough points, and the length of a point as a multiple of it. */
function stepOf(rangeMs: number): { storedStepMs: number; stepMs: number } {
  const targetStepMs = rangeMs / targetPoints;
  const storedStepMs = stepLengthsMs.findLast((lengthMs) => lengthMs <= targetStepMs) ?? stepLengthsMs[0];
  return { storedStepMs, stepMs: Math.ceil(targetStepMs / storedStepMs) * storedStepMs };
}

function stepsFrom(fromMs: number, toMs: number, stepMs: number): number[] {
  return Array.from({ length: Math.floor((toMs - fromMs) / stepMs) + 1 }, (_, i) => fromMs + i * stepMs);
}
