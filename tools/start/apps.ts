import { type Stack } from '@tools/stack';

export interface Credentials {
  /** The Authorization value of the default project's webhooks. */
  authorization: string;
  /** What the simulator takes as Statsig's server secret. */
  statsigKey: string;
  /** What people sign in to the console with. */
  consoleToken: string;
  /** Seals the secrets of integrations that are added in the console: 32 bytes in base64. */
  settingsKey: string;
}

export interface AppSpec {
  name: string;
  portVariable: string;
  usualPort: number;
  /** Up once this answers. */
  healthPath: '/health/ready' | '/health/live';
  env: Record<string, string>;
}

export function simulator({ statsigKey }: Credentials): AppSpec {
  return {
    name: 'statsig-simulator',
    portVariable: 'SIMULATOR_PORT',
    usualPort: 8090,
    healthPath: '/health/ready',
    env: { SIMULATOR_KEYS: statsigKey, SIMULATOR_INCLUDE_SANDBOX: 'true' },
  };
}

/** The apps of the pipeline, pointed at the local Kafka, Redis and Statsig. Sandbox is on: this is for trying out. */
export function pipelineApps(
  { kafkaBrokers, redisUrl }: Stack,
  { authorization, statsigKey, settingsKey }: Credentials,
  statsigUrl: string,
  /** False: one is to be added in the console. */
  withIntegration: boolean,
): { ingest: AppSpec; mapper: AppSpec; dispatcher: AppSpec } {
  const kafka = { KAFKA_BROKERS: kafkaBrokers };
  const pipeline = {
    ...kafka,
    REDIS_URL: redisUrl,
    SETTINGS_ENCRYPTION_KEY: settingsKey,
    STATSIG_BASE_URL: statsigUrl,
    STATSIG_EVENTS_URL: statsigUrl,
    ...(withIntegration && { STATSIG_SERVER_SECRET: statsigKey, STATSIG_INCLUDE_SANDBOX: 'true' }),
  };
  // Without any integration they have nothing to do, and say that they are not ready for work.
  const healthPath = withIntegration ? '/health/ready' : '/health/live';
  return {
    ingest: {
      name: 'ingest',
      portVariable: 'INGEST_PORT',
      usualPort: 8080,
      healthPath: '/health/ready',
      env: {
        ...kafka,
        REDIS_URL: redisUrl,
        SETTINGS_ENCRYPTION_KEY: settingsKey,
        WEBHOOK_AUTHORIZATION: authorization,
      },
    },
    mapper: { name: 'mapper', portVariable: 'MAPPER_PORT', usualPort: 8081, healthPath, env: pipeline },
    dispatcher: {
      name: 'dispatcher',
      portVariable: 'DISPATCHER_PORT',
      usualPort: 8082,
      healthPath,
      env: pipeline,
    },
  };
}

/** The console, told what the others are told, and where it may keep its read model. */
export function consoleApp(
  pipeline: AppSpec,
  { authorization, consoleToken }: Credentials,
  ingestUrl: string,
  database: string,
): AppSpec {
  return {
    name: 'console',
    portVariable: 'CONSOLE_PORT',
    usualPort: 8083,
    healthPath: '/health/ready',
    env: {
      ...pipeline.env,
      CONSOLE_TOKEN: consoleToken,
      CONSOLE_DATABASE: database,
      INGEST_PUBLIC_URL: ingestUrl,
      WEBHOOK_AUTHORIZATION: authorization,
    },
  };
}
