import { project } from '../../jest.config.mjs';

export default {
  ...project('alerts', ['<rootDir>/test/alerts/*.alerts-spec.ts']),
  testTimeout: 200_000,
};
