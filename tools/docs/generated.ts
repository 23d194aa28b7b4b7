import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { allSettings } from './all-settings';
import { configurationPage } from './configuration-page';
import { envExample } from './env-example';

export interface GeneratedFile {
  path: string;
  text: string;
}

/** Files that are made from the code, as they should be. */
export async function generatedFiles(): Promise<GeneratedFile[]> {
  const root = path.resolve(__dirname, '../..');
  const page = path.join(root, 'docs/configuration.md');
  const style = await resolveConfig(page);
  return [
    { path: page, text: await format(configurationPage(allSettings), { ...style, filepath: page }) },
    { path: path.join(root, '.env.example'), text: envExample(allSettings) },
  ];
}
