import { swcOptions } from './tools/swc-options.mjs';

export const project = (displayName, testMatch) => ({
  displayName,
  testMatch,
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  transform: {
    '^.+\\.ts$': ['@swc/jest', swcOptions],
  },
  moduleNameMapper: {
    '^@app/(.*)$': '<rootDir>/libs/$1/src/index.ts',
    '^@tools/(.*)$': '<rootDir>/tools/$1/index.ts',
    // A relative import() names the compiled file.
    '^(\\./otlp-tracing)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  setupFiles: ['reflect-metadata'],
});

const unit = project('unit', ['<rootDir>/{apps,libs,tools,test,bench}/**/*.spec.ts']);
const integration = {
  ...project('integration', ['<rootDir>/{apps,libs,tools,test}/**/*.{int,e2e}-spec.ts']),
  globalSetup: '<rootDir>/test/stack.setup.ts',
  globalTeardown: '<rootDir>/test/stack.teardown.ts',
};

export default {
  projects: [unit, integration],
  testTimeout: 60_000,
  // Each suite leaves some memory behind, which would add up to more than the heap of one process.
  workerIdleMemoryLimit: '1GB',
};
