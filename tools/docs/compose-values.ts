import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/** Variables of a service. Null: passed on from `.env` or the environment. */
type Environment = Readonly<Record<string, string | number | boolean | null>>;

/** The variables of each service of a Compose file, by service name. */
export async function composeEnvironments(file: string): Promise<Map<string, Environment>> {
  const { services } = parse(await readFile(file, 'utf8'), { merge: true }) as {
    services: Record<string, { environment?: Environment }>;
  };
  return new Map(Object.entries(services).map(([name, { environment = {} }]) => [name, environment]));
}

/** How docker-compose.yml sets a variable of an app: from `.env`, from `.env` with a default of its own, or itself. */
export type ComposeValue = 'passed' | 'default' | 'fixed';

/** The variables of all services. What is not listed may be set by the image. */
export async function composeValues(file: string): Promise<Map<string, ComposeValue>> {
  const values = new Map<string, ComposeValue>();
  for (const environment of (await composeEnvironments(file)).values()) {
    for (const [name, value] of Object.entries(environment)) {
      if (value === null) values.set(name, 'passed');
      else if (String(value).startsWith(`\${${name}`)) values.set(name, 'default');
      else if (!values.has(name)) values.set(name, 'fixed');
    }
  }
  return values;
}
