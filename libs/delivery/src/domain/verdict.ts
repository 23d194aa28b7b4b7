import { type Reason } from './reasons';

/** What an attempt to deliver has shown, and so what must happen next. */
export type Verdict =
  | { kind: 'accepted' }
  /** The destination cannot accept the request now. `ambiguous`: it may have processed it nevertheless. */
  | { kind: 'retry'; reason: Reason; detail: string; ambiguous: boolean; retryAfterMs?: number }
  /** These events, or one of them, are invalid. */
  | { kind: 'reject'; reason: Reason; detail: string }
  /** No request of this integration will be accepted until an operator acts. */
  | { kind: 'suspend'; reason: Reason; detail: string };
