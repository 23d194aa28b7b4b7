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
  settingsError,
} from './config';
export {
  defaultDurationRange,
  duration,
  durationRange,
  formatDuration,
  maxTimer,
  maxTimerMs,
} from './duration';
export { Readiness } from './health';
export { createLogger, LOGGER, type Logger } from './logging';
export { LogThrottle } from './log-throttle';
export { type OperationsServer } from './operations-server';
export { PlatformModule } from './platform.module';
export {
  createProblem,
  InvalidRequestException,
  type Problem,
  problemOf,
  problemSchema,
  sendProblem,
} from './problem';
export { ProblemFilter } from './problem.filter';
export { type AppDefinition, createApp, runApp, startApp, stopAndAlert } from './run-app';
export { connectRedis, isRedisUnavailable, type RedisClient, redisConfig, redisReady } from './redis';
export { REDIS, RedisModule } from './redis.module';
export { redisSuitability, requireSuitableRedis } from './redis-suitability';
export { spanAttributes } from './tracing/attributes';
export {
  failSpan,
  isTracing,
  linksTo,
  setTracing,
  startSpan,
  type TraceableHeaders,
  traceHeaders,
  traceIdOf,
} from './tracing/span';
export { startTracing } from './tracing/start-tracing';
export { tracingConfig } from './tracing/tracing-config';
export { certificates, privateKey, tlsFailure, tlsOptions, type TlsPeer, tlsProblems } from './tls';
