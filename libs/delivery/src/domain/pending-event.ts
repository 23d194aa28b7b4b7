import { type DeliveryFormat } from './delivery';

/** A delivery that this process holds, from reading it until it is handled or left for later or for another process. */
export interface PendingEvent {
  readonly projectId: string;
  readonly eventId: string;
  /** Events with the same order key are delivered in the order read. */
  readonly orderKey: string;
  /** All events of a request have the same format. */
  readonly format: DeliveryFormat;
  /** It is sent with the server secret for sandbox events, if the integration has one. */
  readonly isSandbox?: boolean;
  readonly bytes: number;
  /** The dead letter that this event was redriven from, as `<topic>/<partition>/<offset>`. */
  readonly redriveOf?: string;
  readonly progress: Progress;
}

/** What has happened to an event so far. Only the dispatch core changes it, except for `isRevoked`. */
export interface Progress {
  /** Number of requests with this event. */
  attempts: number;
  /** Number of failures while others were accepted: a sign that the event is the cause, not Statsig. */
  failuresAmongSuccesses: number;
  /** Number of requests that had been accepted when the event was last sent. */
  acceptedWhenSent: number;
  /** A request with this event was ambiguous, so Statsig may have the event already. */
  maybeDelivered: boolean;
  /** When its lease was requested, in ms. */
  claimedAtMs: number;
  /** Its partition was revoked, or the process is stopping: unless the event is in flight, it is left to others. */
  isRevoked: boolean;
}

export function newProgress(): Progress {
  return {
    attempts: 0,
    failuresAmongSuccesses: 0,
    acceptedWhenSent: 0,
    maybeDelivered: false,
    claimedAtMs: 0,
    isRevoked: false,
  };
}
