import { project } from '../../jest.config.mjs';

export default {
  ...project('compose', ['<rootDir>/test/compose/*.compose-spec.ts']),
  testTimeout: 600_000,
};
