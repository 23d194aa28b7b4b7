/** Who may import whom: docs/architecture.md lists the rules. */
const pureCore =
  '^libs/(revenuecat/src|identity/src/domain|mapping/src|statsig/src/domain|delivery/src/domain|integrations/src/domain)/';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'libs-never-import-apps',
      comment: 'Their tests may start the servers that they need.',
      severity: 'error',
      from: { path: '^libs/', pathNot: 'spec\\.ts$' },
      to: { path: '^(apps|tools|test|bench)/' },
    },
    {
      name: 'apps-never-import-each-other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'apps-never-import-tools',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: '^(tools|test|bench)/' },
    },
    {
      name: 'clients-of-the-console-import-its-api-only',
      severity: 'error',
      from: { path: '^(apps/console/web|tools/cli)/', pathNot: 'spec\\.ts$' },
      to: { path: '^apps/', pathNot: '^apps/console/(web|api)/' },
    },
    {
      name: 'the-api-of-the-console-is-schemas-only',
      severity: 'error',
      from: { path: '^apps/console/api/', pathNot: 'spec\\.ts$' },
      to: { pathNot: '^(apps/console/api/|libs/[^/]+/src/index\\.ts$)|(^|/)node_modules/zod/' },
    },
    {
      name: 'the-pages-load-no-schemas',
      comment: 'Schemas and the libs that they come from would be part of the pages.',
      severity: 'error',
      from: { path: '^apps/console/web/' },
      to: {
        path: '^(libs/|apps/console/api/)',
        pathNot: '^apps/console/api/(preview-words|problem-text|webhook-curl)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'revenuecat-imports-no-other-lib',
      severity: 'error',
      from: { path: '^libs/revenuecat/' },
      to: { path: '^libs/', pathNot: '^libs/revenuecat/' },
    },
    {
      name: 'a-lib-is-entered-through-its-index',
      severity: 'error',
      from: { path: '^(apps|tools|test|bench)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'a-lib-enters-another-through-its-index',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'the-core-is-pure',
      comment: 'Domain code imports no framework, broker, store, network, clock or randomness.',
      severity: 'error',
      from: { path: pureCore, pathNot: 'spec\\.ts$' },
      to: {
        path: '^(node_modules/(@nestjs|kafkajs|ioredis|undici|fastify|pino|prom-client|rxjs)|libs/(platform|kafka)/)|^(node:)?(http|https|net|fs|child_process|dns|tls)$',
      },
    },
    {
      name: 'only-tests-import-testing',
      severity: 'error',
      from: { pathNot: ['^libs/testing/', 'spec\\.ts$', '(^|/)test/'] },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'kafkajs-lives-in-libs-kafka',
      comment:
        'Another client can then replace it in one folder. Tests may fake it and write as other producers do. kafka-alone.ts measures the client without libs/kafka.',
      severity: 'error',
      from: { pathNot: ['^libs/(kafka|testing)/', '^bench/dispatch/kafka-alone\\.ts$'] },
      to: { path: '^node_modules/kafkajs' },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
