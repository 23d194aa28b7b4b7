import { type DeliveryFormat } from './delivery';

/** A delivery that this process holds: from when it is read until it is handled, or left for later or for another process. */
export interface PendingEvent {
  readonly projectId: string;
  readonly eventId: string;
  /** Events with one order key are delivered one after another, in the order read. */
  readonly orderKey: string;
  /** A request carries events of one format. */
  readonly format: DeliveryFormat;
  readonly bytes: number;
  /** The dead letter that this event was redriven from, as `<topic>/<partition>/<offset>`. */
  readonly redriveOf?: string;
  readonly progress: Progress;
}

/** What has happened to an event so far. Only the dispatch core writes here, but for `isWithdrawn`. */
export interface Progress {
  /** Requests that carried it. */
  attempts: number;
  /** Failures of it while others were accepted: a sign that the cause is the event and not Statsig. */
  failuresAmongSuccesses: number;
  /** How many requests had been accepted when it was last sent. */
  acceptedWhenSent: number;
  /** A request that carried it had no clear outcome, so that Statsig may have it already. */
  maybeDelivered: boolean;
  /** When its lease was requested, in ms. */
  claimedAtMs: number;
  /** Its partition was revoked, or the process stops: unless it is in flight, it is left to others. */
  isWithdrawn: boolean;
}

export function newProgress(): Progress {
  return {
    attempts: 0,
    failuresAmongSuccesses: 0,
    acceptedWhenSent: 0,
    maybeDelivered: false,
    claimedAtMs: 0,
    isWithdrawn: false,
  };
}
