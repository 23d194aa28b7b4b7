import { Counter, Gauge } from 'prom-client';

export const buildInfo = new Gauge({
  name: 'rcstatsig_build_info',
  help: '1; the labels are the name of the app, its version, the commit that it was built from, and the version of Node.js',
  labelNames: ['app', 'version', 'commit', 'node_version'],
});

export const ready = new Gauge({
  name: 'rcstatsig_ready',
  help: '1 if the readiness check of the app passes, 0 if not: start (the app has started), and what it depends on',
  labelNames: ['app', 'check'],
});

export const redisUp = new Gauge({
  name: 'rcstatsig_redis_up',
  help: '1 while the app is connected to Redis, 0 while it is not',
});

export const redisErrors = new Counter({
  name: 'rcstatsig_redis_errors_total',
  help: 'Failed connections to Redis (code: connection), and commands that Redis rejected because of its state, by error code',
  labelNames: ['code'],
});

export const redisUnsafe = new Gauge({
  name: 'rcstatsig_redis_unsafe_setting',
  help: '1: with this setting, Redis can lose the ids of delivered events. maxmemory_policy: it evicts keys; persistence: it has neither an append-only file nor a replica',
  labelNames: ['setting'],
});

export const redisMemoryUsed = new Gauge({
  name: 'rcstatsig_redis_memory_used_ratio',
  help: 'Memory that Redis uses, divided by maxmemory, or by the memory of its machine if maxmemory is not set; of a Redis Cluster, the fullest master',
});
