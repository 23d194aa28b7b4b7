export { DeadLetterLog } from './dead-letter-log';
export { deadLetters } from './delivery.metrics';
export {
  decodeDelivery,
  type Delivery,
  type DeliveryFormat,
  type DeliveryHead,
  encodeDelivery,
  type UserIdentity,
} from './domain/delivery';
export { DispatchCore } from './domain/dispatch-core';
export { type DispatchPolicy } from './domain/dispatch-policy';
export { type DeliveryRequest, type Effect } from './domain/effects';
export { type ClaimResult, type MarkResult } from './domain/ledger';
export { newProgress, type PendingEvent } from './domain/pending-event';
export {
  explainReason,
  type Reason,
  type ReasonExplanation,
  reasonExplanations,
  statsigReasonExplanations,
} from './domain/reasons';
export { type Outcome, type Receipt } from './domain/receipt';
export { type Verdict } from './domain/verdict';
export {
  explainWebhookRejection,
  type WebhookRejection,
  webhookRejections,
} from './domain/webhook-rejections';
export { RedisLedger } from './redis-ledger';
