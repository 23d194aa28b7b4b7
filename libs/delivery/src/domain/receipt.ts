import { type Reason } from './reasons';

/** What became of an event, or of one attempt to deliver it. */
export type Outcome = 'delivered' | 'duplicate' | 'filtered' | 'retrying' | 'dead_lettered';

/** One line of an event's history: what `statsig.receipts` carries. A receipt may repeat; event id and attempt tell. */
export interface Receipt {
  eventId: string;
  sourceEventId?: string;
  projectId: string;
  type?: string;
  outcome: Outcome;
  reason?: Reason;
  /** For a person. */
  detail?: string;
  /** Which try at Statsig this was, from 1; 0 where none was made. */
  attempt: number;
  /** HTTP status of Statsig's answer. */
  status?: number;
  /** Duration of the request to Statsig. */
  latencyMs?: number;
  /** From the event's arrival to this outcome. */
  sinceReceivedMs?: number;
  /** An earlier attempt may have reached Statsig without our learning of it: the one way an event can be there twice. */
  previousAmbiguous?: true;
  /** As in the delivery: the event went on with less than could be known. */
  enrichment?: 'lookup_unavailable';
  /** When the next attempt is due. */
  nextAttemptAtMs?: number;
  atMs: number;
}
