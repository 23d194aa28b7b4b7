import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

interface ComposeFile {
  services: Record<string, { environment?: Record<string, string | number | boolean | null> }>;
}

/** How docker-compose.yml sets a variable of an app: from `.env`, from `.env` with a default of its own, or itself. */
export type ComposeValue = 'passed' | 'default' | 'fixed';

/** The variables of all services. What is not listed may be set by the image. */
export async function composeValues(file: string): Promise<Map<string, ComposeValue>> {
  const { services } = parse(await readFile(file, 'utf8'), { merge: true }) as ComposeFile;
  const values = new Map<string, ComposeValue>();
  for (const { environment = {} } of Object.values(services)) {
    for (const [name, value] of Object.entries(environment)) {
      if (value === null) values.set(name, 'passed');
      else if (String(value).startsWith(`\${${name}`)) values.set(name, 'default');
      else if (!values.has(name)) values.set(name, 'fixed');
    }
  }
  return values;
}
