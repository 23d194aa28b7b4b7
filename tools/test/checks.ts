import { type Check } from './check';

/** Static checks. The slowest come first, since two run at a time. */
export const checks: Check[] = [
  { name: 'lint', command: 'eslint', args: ['.'] },
  { name: 'types', command: 'tsc', args: ['--noEmit'] },
  { name: 'types of the web app', command: 'tsc', args: ['-p', 'apps/console/web'] },
  { name: 'unused code', command: 'knip', args: [] },
  { name: 'dependency rules', command: 'depcruise', args: ['apps', 'libs', 'tools', 'test'] },
  { name: 'format', command: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
];
