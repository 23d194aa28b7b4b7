import { project } from '../../jest.config.mjs';

export default {
  ...project('browser', ['<rootDir>/test/browser/*.browser-spec.ts']),
  testTimeout: 60_000,
};
