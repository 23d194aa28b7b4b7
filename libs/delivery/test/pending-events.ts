import { newProgress, type PendingEvent } from '../src/domain/pending-event';

/** `anna/1` is event 1 of customer anna. */
export function pendingEvent(name: string, format: PendingEvent['format'] = 'log_event'): PendingEvent {
  return {
    projectId: 'p',
    eventId: name,
    orderKey: name.split('/')[0] ?? name,
    format,
    bytes: 300,
    progress: newProgress(),
  };
}

export const sandboxEvent = (name: string): PendingEvent => ({ ...pendingEvent(name), isSandbox: true });

export const pendingEvents = (...names: string[]): PendingEvent[] => names.map((name) => pendingEvent(name));
export const names = (events: readonly PendingEvent[]): string[] => events.map(({ eventId }) => eventId);
