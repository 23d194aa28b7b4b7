export {
  type Certificate,
  type CertificateAuthority,
  createCertificateAuthority,
} from './certificate-authority';
export { composeCommand, requireDockerEngine } from './docker/docker-engine';
export { images } from './docker/images';
export { type KafkaBroker, type KafkaCluster, startKafkaCluster } from './kafka/kafka-cluster';
export {
  runSupervised,
  type Exit,
  type SupervisedProcess,
  removeOnExit,
  runOnExit,
} from './process/supervisor-client';
export { lastLines } from './process/last-lines';
export { runCommand } from './process/run-command';
export { until } from './process/until';
export { type LocalRedis, startRedis } from './redis/local-redis';
export { type RedisCluster, startRedisCluster } from './redis/redis-cluster';
export { startRedisSentinels } from './redis/redis-sentinel';
export { type Stack, startStack } from './start-stack';
