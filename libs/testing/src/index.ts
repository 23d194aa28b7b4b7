export { FakeConsumers, type FakeRecord } from './fake-consumer';
export { FakeRevenueCat } from './fake-revenuecat';
export { loggerInto } from './logger-into';
export { codecs, produceBatch, produceInTransaction, produceWithNullHeader } from './other-producers';
export { grant, revoke } from './permissions';
export { connectionTo, type ScratchTopics, scratchTopics } from './scratch-topics';
export { RecordedSpans } from './recorded-spans';
export { silentLogger } from './silent-logger';
export { TokenEndpoint } from './token-endpoint';
