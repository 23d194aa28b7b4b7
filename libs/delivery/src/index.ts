export {
  decodeDelivery,
  type Delivery,
  type DeliveryFormat,
  type DeliveryHead,
  encodeDelivery,
} from './domain/delivery';
export { DispatchCore, type DispatchPolicy, type Effect, type Unit } from './domain/dispatch-core';
export { type ClaimResult, ledgerKey, type SettleResult } from './domain/ledger';
export { newProgress, type Parcel, type Progress } from './domain/parcel';
export { type Outcome, type Receipt } from './domain/receipt';
export { type Verdict } from './domain/verdict';
export { type LedgerEntry, type LedgerOptions, RedisLedger } from './redis-ledger';
