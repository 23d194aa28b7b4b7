import { type Reason } from '@app/delivery';

/** Why nothing is sent: the integration does not send such events, or the event becomes a dead letter. */
export interface Omission {
  kind: 'filtered' | 'dead_letter';
  reason: Reason;
  /** The filter that left the event out. */
  rule?: string;
  detail: string;
}
