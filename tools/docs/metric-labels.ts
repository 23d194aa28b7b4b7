/** The labels of our metrics. Each takes its values from a bounded set, so the number of series is bounded. */
export const metricLabels: Record<string, string> = {
  app: 'name of the app',
  version: 'version of the package',
  commit: 'commit that the app was built from',
  node_version: 'version of Node.js',
  check: 'one of the readiness checks of an app',
  project:
    'project with an integration (ingest: with credentials); `unknown` for every other project, and empty for topics of no project',
  topic: 'topic of the pipeline: five, and one for each project',
  consumer: 'app that reads the topic',
  stage: 'app that wrote the dead letter',
  outcome: 'fixed set, in the description',
  reason: 'one of the [reasons](reasons.md)',
  verdict: 'classification of a response of Statsig',
  state: 'fixed set, in the description',
  kind: 'kind of notification channel: `webhook` or `slack`',
  cause: 'fixed set of causes',
  code: 'fixed set of error codes of Redis, and `connection`',
  setting: 'fixed set of settings',
  operation: 'function of the ledger',
  result: '`ok` or `error`',
};
