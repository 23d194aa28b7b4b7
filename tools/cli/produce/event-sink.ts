import { type EventToSend } from './event-to-send';

/** Where events are sent. The outcomes are counted in a summary. */
export interface EventSink {
  /** Waits while too many events are in flight. */
  write: (event: EventToSend) => Promise<void>;
  /** Resolves when every event has an outcome. */
  end: () => Promise<void>;
}
