export {
  type Certificate,
  type CertificateAuthority,
  createCertificateAuthority,
} from './certificate-authority';
export { composeCommand, requireDockerEngine } from './docker/docker-engine';
export {
  type KafkaBroker,
  type KafkaCluster,
  type KafkaClusterOptions,
  type SecuredKafka,
  startKafkaCluster,
} from './kafka/kafka-cluster';
export {
  runSupervised,
  type Exit,
  type SupervisedProcess,
  removeOnExit,
  runOnExit,
} from './process/supervisor-client';
export { lastLines } from './process/last-lines';
export { CommandError, runCommand } from './process/run-command';
export { until } from './process/until';
export { type LocalRedis, type LocalRedisOptions, startRedis } from './redis/local-redis';
export { type RedisCluster, startRedisCluster } from './redis/redis-cluster';
export { type RedisSentinels, startRedisSentinels } from './redis/redis-sentinel';
export { StackUnavailableError } from './stack-unavailable-error';
export { type Stack, type StackOptions, startStack } from './start-stack';
