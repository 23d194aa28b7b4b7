import { type DeliveryFormat } from './delivery';

/** A delivery in this process's hands: from the moment it is read until it is settled or left to another process. */
export interface Parcel {
  readonly projectId: string;
  readonly eventId: string;
  /** Whom it is about: parcels of one customer are delivered one after another, in the order read. */
  readonly customerKey: string;
  /** Requests carry parcels of one format. */
  readonly format: DeliveryFormat;
  readonly bytes: number;
  readonly progress: Progress;
}

/** What has happened to a parcel so far. Only the dispatch core writes here. */
export interface Progress {
  /** Requests that carried it. */
  attempts: number;
  /** Failures of it while others were accepted: a sign that it is the event and not Statsig. */
  failuresAmongSuccesses: number;
  /** How many requests had been accepted when it was last sent. */
  acceptedWhenSent: number;
  /** A request that carried it had no clear answer, so that Statsig may have it already. */
  maybeDelivered: boolean;
  /** When its lease was asked for. */
  claimedAtMs: number;
  /** Its partition was taken away, or the process drains: what is not on its way is left to others. */
  withdrawn: boolean;
}

export function newProgress(): Progress {
  return {
    attempts: 0,
    failuresAmongSuccesses: 0,
    acceptedWhenSent: 0,
    maybeDelivered: false,
    claimedAtMs: 0,
    withdrawn: false,
  };
}
