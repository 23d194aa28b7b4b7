import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { eventTypes } from '@app/revenuecat';
import { allSettings } from './all-settings';
import { composeValues } from './compose-values';
import { generatedFiles } from './generated';
import { productionSettings } from './production-settings';

const root = path.resolve(__dirname, '../..');

it('generated docs and .env.example are up to date (npm run docs:config)', async () => {
  for (const { path: file, text } of await generatedFiles()) {
    expect(await readFile(file, 'utf8')).toBe(text);
  }
});

it('.env.example lists every setting once, the ten for production first', async () => {
  const text = await readFile(path.join(root, '.env.example'), 'utf8');
  const settings = text.slice(0, text.indexOf('Docker Compose only')).matchAll(/^# ([A-Z]\w+)=/gm);
  const listed = [...settings].map(([, name]) => name);
  const first = productionSettings(allSettings).map(({ name }) => name);
  expect(listed.slice(0, 10)).toEqual(first);
  expect(listed.toSorted()).toEqual(
    allSettings.flatMap((group) => group.settings.map(({ name }) => name)).toSorted(),
  );
});

it('.env.example marks the settings that docker-compose.yml does not take from .env', async () => {
  const values = await composeValues(path.join(root, 'docker-compose.yml'));
  expect(values.get('KAFKA_BROKERS')).toBe('fixed');
  expect(values.get('STATSIG_INCLUDE_SANDBOX')).toBe('default');
  expect(values.get('STATSIG_FORMAT')).toBe('passed');
  const text = await readFile(path.join(root, '.env.example'), 'utf8');
  expect(text).toMatch(/# Docker Compose does not take it from \.env\.\n# KAFKA_BROKERS=/);
});

it('docs/events-in-statsig.md shows every type that RevenueCat documents', async () => {
  const page = await readFile(path.join(root, 'docs/events-in-statsig.md'), 'utf8');
  const shown = [...page.matchAll(/^## (\w+)$/gm)].map(([, type]) => type);
  expect(eventTypes.filter((type) => !shown.includes(type))).toEqual([]);
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
