import { type GroupPosition } from '@app/kafka';
import type { Overview } from '../../../apps/console/api/overview';

/** Positions of the mapper and of the dispatchers at one time. Groups that could not be read are absent. */
export interface Positions {
  /** In ms, on a monotonic clock. */
  atMs: number;
  mapper: GroupPosition | undefined;
  projects: ReadonlyMap<string, GroupPosition>;
}

/** Null: unknown. */
export interface StageStatus {
  /** Records written to the topic of the stage per second. */
  writtenPerSecond: number | null;
  /** Records that the stage has finished per second. */
  finishedPerSecond: number | null;
  /** Records that wait. */
  lag: number | null;
  /** Age of the oldest record that waits; 0 if none does. */
  oldestAgeMs: number | null;
}

export interface ProjectStatus extends StageStatus {
  projectId: string;
  /** `delivering`, `retrying`, `suspended` or `idle` from the console; otherwise `enabled`, `paused` or `unreadable`. */
  state: string;
  detail: string | null;
}

export interface AppStatus {
  name: string;
  url: string;
  health: 'ready' | 'not ready' | 'unreachable';
  detail: string | null;
}

export interface PipelineStatus {
  atMs: number;
  /** Webhooks that ingest rejected in the last 24 hours, latest first; null if unknown. */
  rejectedWebhooks: Overview['rejectedWebhooks'];
  mapper: StageStatus;
  projects: ProjectStatus[];
  /** Dead letters of the last hour, by topic; null if they could not be read. */
  deadLettersLastHour: Record<string, number | null>;
  apps: AppStatus[];
  /** What could not be read, and what to check. */
  problems: string[];
}

/** @param oldestMs when the oldest waiting record was written, in ms since the epoch */
export function stageStatus(
  before: { atMs: number; position: GroupPosition | undefined },
  after: { atMs: number; position: GroupPosition | undefined },
  oldestMs: number | undefined,
  nowMs: number,
): StageStatus {
  const { position } = after;
  if (position === undefined) {
    return { writtenPerSecond: null, finishedPerSecond: null, lag: null, oldestAgeMs: null };
  }
  const elapsedMs = after.atMs - before.atMs;
  const perSecond = (of: (position: GroupPosition) => number): number | null =>
    before.position === undefined || elapsedMs <= 0
      ? null
      : Math.max(0, ((of(position) - of(before.position)) * 1_000) / elapsedMs);
  const ageMs = oldestMs === undefined ? null : Math.max(0, nowMs - oldestMs);
  return {
    writtenPerSecond: perSecond(({ end }) => end),
    finishedPerSecond: perSecond(({ committed }) => committed),
    lag: position.lag,
    oldestAgeMs: position.lag === 0 ? 0 : ageMs,
  };
}
