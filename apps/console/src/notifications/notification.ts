import { z } from 'zod';
import { type NotificationSubject } from '../../api/notifications';

/** The state of a subject that was last reported. `suspended` and `retrying` are states of `delivery`, `raised` of the others. */
export const alertLevel = z.enum(['clear', 'raised', 'retrying', 'suspended']);

export type AlertLevel = z.output<typeof alertLevel>;

/** Identifies what can change its state independently of everything else. */
export interface AlertTarget {
  subject: NotificationSubject;
  /** Null for what concerns all projects. */
  projectId: string | null;
  /** Reason of dead letters or outcome of rejected webhooks; otherwise null. */
  reason: string | null;
}

/** Figures for the message. They never contain personal data. */
export interface AlertFigures {
  count: number | null;
  /** Status of Statsig's last response. */
  status: number | null;
  /** When the state began, in ms since the epoch, as far as it is known. */
  sinceMs: number | null;
}

/** A change of state, of which each channel receives one message. */
export interface StateChange extends AlertTarget, AlertFigures {
  level: AlertLevel;
  atMs: number;
}

const typeNames = {
  delivery: {
    suspended: 'integration.suspended',
    retrying: 'integration.retrying',
    raised: 'integration.retrying',
    clear: 'integration.recovered',
  },
  dead_letters: pair('dead_letters.opened', 'dead_letters.cleared'),
  rejected_webhooks: pair('webhooks.rejected', 'webhooks.rejections_ended'),
  silence: pair('webhooks.silent', 'webhooks.resumed'),
  retention: pair('retention.at_risk', 'retention.safe'),
} as const satisfies Record<NotificationSubject, Record<AlertLevel, string>>;

function pair<R extends string, C extends string>(raised: R, clear: C) {
  return { suspended: raised, retrying: raised, raised, clear };
}

type NotificationType = (typeof typeNames)[NotificationSubject][AlertLevel] | 'test';

/** A notification as it is queued for a channel. */
export interface Notification extends Omit<StateChange, 'subject' | 'level'> {
  /** Stays the same in every attempt and for every channel, so that receivers can recognize a repetition. */
  id: string;
  type: NotificationType;
}

export function notificationOf(id: string, { subject, level, ...rest }: StateChange): Notification {
  return { id, type: typeNames[subject][level], ...rest };
}

export function testNotification(id: string, projectId: string | null, atMs: number): Notification {
  return { id, type: 'test', projectId, reason: null, count: null, status: null, sinceMs: null, atMs };
}
