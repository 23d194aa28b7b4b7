import { type Reason } from './reasons';

/** The outcome of a delivery attempt, which determines what happens next. */
export type Verdict =
  | { kind: 'accepted' }
  /** The destination cannot accept the request now. `ambiguous`: it may have processed the request nevertheless. */
  | { kind: 'retry'; reason: Reason; detail: string; ambiguous: boolean; retryAfterMs?: number }
  /** These events, or one of them, are invalid. */
  | { kind: 'reject'; reason: Reason; detail: string }
  /** No request of this integration will be accepted until an operator fixes the cause. */
  | { kind: 'suspend'; reason: Reason; detail: string };
