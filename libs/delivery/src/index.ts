export {
  decodeDelivery,
  type Delivery,
  type DeliveryFormat,
  type DeliveryHead,
  encodeDelivery,
} from './domain/delivery';
export { type ClaimResult, ledgerKey } from './domain/ledger';
export { type Outcome, type Receipt } from './domain/receipt';
export { type LedgerOptions, RedisLedger } from './redis-ledger';
