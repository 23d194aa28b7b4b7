import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Credentials } from './apps';

/** Returns new credentials, or those in the folder: kept data is encrypted with them. */
export async function credentialsIn(folder: string | undefined): Promise<Credentials> {
  if (folder === undefined) return newCredentials();
  const file = path.join(folder, 'credentials.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Credentials;
  } catch {
    const credentials = newCredentials();
    await mkdir(folder, { recursive: true });
    await writeFile(file, JSON.stringify(credentials), { mode: 0o600 });
    return credentials;
  }
}

function newCredentials(): Credentials {
  return {
    authorization: randomSecret('rc'),
    statsigKey: randomSecret('secret'),
    consoleToken: randomSecret('console'),
    settingsKey: randomBytes(32).toString('base64'),
  };
}

function randomSecret(prefix: string): string {
  return `${prefix}-${randomBytes(16).toString('hex')}`;
}
