export {
  ConfigError,
  count,
  flag,
  list,
  platformConfig,
  port,
  printableConfig,
  proxyConfig,
  readConfig,
  secret,
} from './config';
export { HealthController, Readiness, type ReadinessCheck } from './health';
export { createLogger, LOGGER, type Logger } from './logging';
export { PlatformModule } from './platform.module';
export { type AppDefinition, createApp, runApp, stopAndAlert } from './run-app';
export {
  connectRedis,
  isRedisUnavailable,
  type RedisClient,
  type RedisConfig,
  redisConfig,
  redisReady,
} from './redis';
export { redisReadiness, requireSuitableRedis } from './redis-suitability';
