import { z } from 'zod';
import { type NotificationSubject } from '../../api/notifications';
import {
  type AlertFigures,
  alertLevel,
  type AlertLevel,
  type AlertTarget,
  type StateChange,
} from './notification';
import { type Observation, type ObservedIntegration } from './observation';

export interface NotificationSettings {
  /** How long an integration must retry without a success before this is reported, in ms. */
  retryingAfterMs: number;
  /** How long a better state must last before it is reported, in ms, so that flapping causes one message. */
  recoveredAfterMs: number;
  /** How long no event may arrive, at a time of day at which many arrived the day before, in ms. */
  silenceAfterMs: number;
}

/** By {@link keyOf}. A target without an entry is clear. */
export const alertStates = z.record(
  z.string(),
  z.object({
    /** The state that was last reported. */
    level: alertLevel,
    /** Another state that was observed without interruption since this time, but not for long enough. */
    candidate: z.object({ level: alertLevel, sinceMs: z.number() }).optional(),
  }),
);

export type AlertStates = z.output<typeof alertStates>;
type AlertState = AlertStates[string];

interface Reading extends AlertTarget, AlertFigures {
  /** Undefined if the observation is consistent with the state before, whatever it is. */
  level: AlertLevel | undefined;
}

/** RevenueCat waits for at most 80 minutes between two attempts, so nothing more is rejected after this time. */
const rejectionsEndAfterMs = 2 * 3_600_000;
const noFigures: AlertFigures = { count: null, status: null, sinceMs: null };

/**
 * Compares an observation with the states before. Returns the new states, and the changes to notify: each change of state
 * once, however often it is observed.
 *
 * What the observation does not know keeps its state.
 */
export function evaluate(
  previous: AlertStates,
  observation: Observation,
  settings: NotificationSettings,
): { states: AlertStates; changes: StateChange[] } {
  const readings = new Map(readingsOf(observation, settings).map((reading) => [keyOf(reading), reading]));
  for (const key of Object.keys(previous)) {
    const target = targetOf(key);
    if (readings.has(key)) continue;
    const level = levelIfAbsent(target, observation);
    if (level !== 'removed') readings.set(key, { ...target, ...noFigures, level });
  }
  const states: Record<string, AlertState> = {};
  const changes: StateChange[] = [];
  for (const [key, reading] of readings) {
    const before = previous[key] ?? { level: 'clear' };
    const after = nextState(before, reading.level, observation.nowMs, settings);
    if (after.level !== before.level)
      changes.push({ ...reading, level: after.level, atMs: observation.nowMs });
    if (after.level !== 'clear' || after.candidate !== undefined) states[key] = after;
  }
  return { states, changes };
}

function nextState(
  before: AlertState,
  level: AlertLevel | undefined,
  nowMs: number,
  settings: NotificationSettings,
): AlertState {
  if (level === undefined) return before;
  if (level === before.level) return { level };
  const sinceMs = before.candidate?.level === level ? before.candidate.sinceMs : nowMs;
  if (nowMs - sinceMs >= delayOf(level, settings)) return { level };
  return { level: before.level, candidate: { level, sinceMs } };
}

function delayOf(level: AlertLevel, { retryingAfterMs, recoveredAfterMs }: NotificationSettings): number {
  switch (level) {
    case 'clear':
      return recoveredAfterMs;
    case 'retrying':
      return retryingAfterMs;
    case 'raised':
    case 'suspended':
      return 0;
  }
}

function readingsOf(observation: Observation, settings: NotificationSettings): Reading[] {
  const { nowMs, integrations, deadLetters, rejectedWebhooks, arrivals, backlogs } = observation;
  return [
    ...(integrations ?? []).filter(({ state }) => state !== 'paused').map(deliveryReading),
    ...(deadLetters ?? []).map(({ projectId, reason, count, firstAtMs }): Reading => ({
      ...{ subject: 'dead_letters', projectId, reason, ...noFigures, count, sinceMs: firstAtMs },
      level: 'raised',
    })),
    ...(rejectedWebhooks ?? []).map(({ projectId, outcome, count, lastAtMs }): Reading => ({
      ...{ subject: 'rejected_webhooks', projectId, reason: outcome, ...noFigures, count },
      level: nowMs - lastAtMs < rejectionsEndAfterMs ? 'raised' : 'clear',
    })),
    ...(arrivals ?? []).map(({ projectId, lastAtMs, wereExpected }): Reading => ({
      ...{ subject: 'silence', projectId, reason: null, ...noFigures, sinceMs: lastAtMs },
      level: silenceLevel(nowMs - lastAtMs < settings.silenceAfterMs, wereExpected),
    })),
    ...(backlogs ?? []).map(({ projectId, isAtRisk }): Reading => ({
      ...{ subject: 'retention', projectId, reason: null, ...noFigures },
      level: isAtRisk ? 'raised' : 'clear',
    })),
  ];
}

function deliveryReading({ projectId, state, status }: ObservedIntegration): Reading {
  const target = { subject: 'delivery' as const, projectId, reason: null, ...noFigures };
  switch (state) {
    case 'retrying':
    case 'suspended':
      return { ...target, status, level: state };
    case 'delivering':
      return { ...target, level: 'clear' };
    case 'paused':
    case 'unknown':
      return { ...target, level: undefined };
  }
}

/** Once silent, a project stays silent until an event arrives, even at a time of day at which few arrive. */
function silenceLevel(hasRecentEvent: boolean, wereExpected: boolean): AlertLevel | undefined {
  if (hasRecentEvent) return 'clear';
  return wereExpected ? 'raised' : undefined;
}

/** The state of a target that the observation does not mention; `removed` if it no longer exists, which is not reported. */
function levelIfAbsent(
  target: AlertTarget,
  { integrations, deadLetters, rejectedWebhooks }: Observation,
): AlertLevel | 'removed' | undefined {
  const { subject, projectId } = target;
  switch (subject) {
    case 'dead_letters':
      return deadLetters && 'clear';
    case 'rejected_webhooks':
      return rejectedWebhooks && 'clear';
    case 'delivery':
    case 'silence':
    case 'retention':
      if (integrations === undefined || projectId === null) return undefined;
      return isObservable(integrations, target) ? undefined : 'removed';
  }
}

/** Whether the integration still exists. While an operator pauses it, it neither fails nor recovers. */
function isObservable(integrations: readonly ObservedIntegration[], target: AlertTarget): boolean {
  const found = integrations.find(({ projectId }) => projectId === target.projectId);
  return found !== undefined && (target.subject !== 'delivery' || found.state !== 'paused');
}

/** Project ids and reasons contain no slash. */
function keyOf({ subject, projectId, reason }: AlertTarget): string {
  return `${subject}/${projectId ?? ''}/${reason ?? ''}`;
}

function targetOf(key: string): AlertTarget {
  const [subject = '', projectId = '', reason = ''] = key.split('/');
  return {
    subject: subject as NotificationSubject,
    projectId: projectId === '' ? null : projectId,
    reason: reason === '' ? null : reason,
  };
}
