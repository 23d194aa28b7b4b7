import { type Setting, type SettingGroup } from './settings';

/** What a production deployment sets, in this order; docs/deploy.md explains the values. */
const names = [
  ...['KAFKA_BROKERS', 'REDIS_URL', 'SETTINGS_ENCRYPTION_KEY'],
  ...['WEBHOOK_AUTHORIZATION', 'STATSIG_SERVER_SECRET', 'INGEST_PUBLIC_URL'],
  ...['CONSOLE_TOKEN', 'CONSOLE_HOSTS'],
  ...['TOPIC_REPLICATION_FACTOR', 'TOPIC_MIN_INSYNC_REPLICAS'],
];

/** Throws if one of them does not exist. */
export function productionSettings(groups: readonly SettingGroup[]): Setting[] {
  const all = new Map(groups.flatMap(({ settings }) => settings.map((setting) => [setting.name, setting])));
  return names.map((name) => {
    const setting = all.get(name);
    if (setting === undefined) throw new Error(`unknown setting ${name}`);
    return setting;
  });
}
