export { FakeConsumers, type FakeRecord } from './fake-consumer';
export { FakeRevenueCat } from './fake-revenuecat';
export { codecs, produceBatch, produceInTransaction, produceWithNullHeader } from './other-producers';
export { connectionTo, type ScratchTopics, scratchTopics } from './scratch-topics';
export { silentLogger } from './silent-logger';
export { TokenEndpoint } from './token-endpoint';
