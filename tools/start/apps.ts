import { type Stack } from '@tools/stack';

export interface Credentials {
  /** The Authorization value of the default project's webhooks. */
  authorization: string;
  /** Server secret that the simulator accepts. */
  statsigKey: string;
  /** Token for signing in to the console. */
  consoleToken: string;
  /** Encrypts the secrets of integrations that are added in the console: 32 bytes in base64. */
  settingsKey: string;
}

export interface AppSpec {
  name: string;
  portVariable: string;
  usualPort: number;
  /** The app has started when this path returns a success status. */
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

/** The apps of the pipeline, configured for the local Kafka, Redis and Statsig, with sandbox events included. */
export function pipelineApps(
  { kafkaBrokers, redisUrl }: Stack,
  { authorization, statsigKey, settingsKey }: Credentials,
  statsigUrl: string,
  /** If false, the user adds an integration in the console. */
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
  // Without an integration, these apps report that they are not ready.
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

/** The console, with the settings of the mapper and its own. */
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
