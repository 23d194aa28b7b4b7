import { type SettingGroup } from './settings';

const heading = `# Every setting with its default, as \`npm run docs:config\` writes it. To change one, copy this file to .env, which
# Docker Compose reads, and take the # from its line; the apps themselves read the environment.
`;

const composeOnly = `
# ── Docker Compose only: ports on this machine ──

# KAFKA_PORT=9092
# REDIS_PORT=6379
# PROMETHEUS_PORT=9090
# GRAFANA_PORT=3000
`;

/** .env.example */
export function envExample(groups: readonly SettingGroup[]): string {
  const sections = groups.map(({ title, settings }) =>
    [
      `\n# ── ${title} ──\n`,
      ...settings.map(
        ({ name, description, byDefault }) => `# ${description}\n# ${name}=${byDefault ?? ''}\n`,
      ),
    ].join('\n'),
  );
  return [heading, ...sections, composeOnly].join('');
}
