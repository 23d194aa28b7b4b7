export { DeadLetterLog } from './dead-letter-log';
export {
  decodeDelivery,
  type Delivery,
  type DeliveryFormat,
  type DeliveryHead,
  encodeDelivery,
} from './domain/delivery';
export { DispatchCore } from './domain/dispatch-core';
export { type DispatchPolicy } from './domain/dispatch-policy';
export { type DeliveryRequest, type Effect } from './domain/effects';
export { type ClaimResult, ledgerKey, type MarkResult } from './domain/ledger';
export { newProgress, type PendingEvent, type Progress } from './domain/pending-event';
export {
  explainReason,
  type Reason,
  type ReasonExplanation,
  reasonExplanations,
  statsigReasonExplanations,
} from './domain/reasons';
export { type Outcome, type Receipt } from './domain/receipt';
export { type Verdict } from './domain/verdict';
export { type LedgerEntry, type LedgerOptions, RedisLedger } from './redis-ledger';
