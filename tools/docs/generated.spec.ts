import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { allSettings } from './all-settings';
import { generatedFiles } from './generated';

const root = path.resolve(__dirname, '../..');

it('generated docs and .env.example are up to date (npm run docs:config)', async () => {
  for (const { path: file, text } of await generatedFiles()) {
    expect(await readFile(file, 'utf8')).toBe(text);
  }
});

it('every setting has a description', () => {
  const undescribed = allSettings.flatMap(({ settings }) =>
    settings.filter(({ description }) => description === '').map(({ name }) => name),
  );
  expect(undescribed).toEqual([]);
});

it('docker-compose.yml sets or passes through every setting', async () => {
  const compose = await readFile(path.join(root, 'docker-compose.yml'), 'utf8');
  const dockerfile = await readFile(path.join(root, 'Dockerfile'), 'utf8');
  const missing = allSettings.flatMap(({ settings }) =>
    settings
      .map(({ name }) => name)
      .filter((name) => !new RegExp(`^ +${name}:`, 'm').test(compose) && !dockerfile.includes(`${name}=`)),
  );
  expect(missing).toEqual([]);
});
