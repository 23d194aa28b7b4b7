import all, { project } from '../../jest.config.mjs';

const [, { globalSetup, globalTeardown }] = all.projects;

/** The long form of the suite; `npm test` runs the short one. */
export default {
  ...project('security', ['<rootDir>/test/security/*.{int-,}spec.ts']),
  globalSetup,
  globalTeardown,
  globals: { isLongForm: true },
  testTimeout: 60_000,
  maxWorkers: 1,
};
