import { Counter, Gauge, Histogram } from 'prom-client';

export const requests = new Counter({
  name: 'rcstatsig_ingest_requests_total',
  help: 'Webhooks by project ("unknown" if the URL does not name an existing project) and outcome: accepted, or the kind of rejection',
  labelNames: ['project', 'outcome'],
});

/** Why Node rejected a connection or a request before it reached a route. */
const causes = ['connection_limit', 'request_limit', 'timeout', 'headers_too_large', 'malformed'] as const;
export type ConnectionProblem = (typeof causes)[number];

export const connectionProblems = new Counter({
  name: 'rcstatsig_ingest_connection_problems_total',
  help: 'Connections and requests that Node rejected before they reached a route, by cause: connection_limit (WEBHOOK_MAX_CONNECTIONS), request_limit (1,000 requests on one connection), timeout, headers_too_large, malformed. Each may have been a webhook',
  labelNames: ['cause'],
});
for (const cause of causes) connectionProblems.inc({ cause }, 0);

export const duration = new Histogram({
  name: 'rcstatsig_ingest_request_duration_seconds',
  help: 'Time from receiving the headers of a webhook to sending the response',
  labelNames: ['project'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

export const lastAccepted = new Gauge({
  name: 'rcstatsig_ingest_last_accepted_timestamp_seconds',
  help: 'Unix time at which a webhook of the project was last accepted',
  labelNames: ['project'],
});

const endpoints = new Gauge({
  name: 'rcstatsig_ingest_endpoint',
  help: '1 for each project whose webhook endpoint has credentials',
  labelNames: ['project'],
});

/** @param projectIds all projects that have credentials */
export function reportEndpoints(projectIds: Iterable<string>): void {
  endpoints.reset();
  for (const project of projectIds) endpoints.set({ project }, 1);
}
