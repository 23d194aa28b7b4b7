import { project } from '../../jest.config.mjs';

export default {
  ...project('alerts', ['<rootDir>/test/alerts/*.alerts-spec.ts']),
  testTimeout: 120_000,
};
