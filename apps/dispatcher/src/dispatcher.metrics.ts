import { Counter, Gauge, Histogram } from 'prom-client';

export const outcomes = new Counter({
  name: 'rcstatsig_dispatcher_outcomes_total',
  help: 'Events by outcome, and failed attempts that will be retried',
  labelNames: ['project', 'outcome', 'reason'],
});

export const possibleRepeats = new Counter({
  name: 'rcstatsig_dispatcher_possible_repeats_total',
  help: 'Events that Statsig may have received twice: the response was lost, or another process had claimed the event',
  labelNames: ['project', 'cause'],
});

export const requestSeconds = new Histogram({
  name: 'rcstatsig_dispatcher_request_duration_seconds',
  help: 'Duration of requests to Statsig, by verdict',
  labelNames: ['project', 'verdict'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
});

export const sinceReceivedSeconds = new Histogram({
  name: 'rcstatsig_dispatcher_delivery_latency_seconds',
  help: 'Time from the arrival of an event in the pipeline to its delivery',
  labelNames: ['project'],
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400],
});

export const inFlight = new Gauge({
  name: 'rcstatsig_dispatcher_requests_in_flight',
  help: 'Requests to Statsig in flight',
  labelNames: ['project'],
});

export const requestLimit = new Gauge({
  name: 'rcstatsig_dispatcher_requests_limit',
  help: 'Maximum number of concurrent requests to Statsig; adapts to failures and slow responses',
  labelNames: ['project'],
});

export const waiting = new Gauge({
  name: 'rcstatsig_dispatcher_waiting_events',
  help: 'Events in memory that are not in flight',
  labelNames: ['project'],
});

export const unrecorded = new Gauge({
  name: 'rcstatsig_dispatcher_unrecorded_events',
  help: 'Events that Statsig has accepted and the ledger does not know yet. If this process were killed now, they would be sent again',
  labelNames: ['project'],
});

/**
 * What the dispatcher does for a project. `delivering`: it sends, or would send. `retrying`: Statsig does not respond, or fails.
 * `suspended`: Statsig rejects all requests. `paused`: by an operator. `unreadable`: the integration cannot be decrypted or
 * is invalid.
 */
export const integrationStates = ['delivering', 'retrying', 'suspended', 'paused', 'unreadable'] as const;
export type DispatchState = (typeof integrationStates)[number];

export const integrationState = new Gauge({
  name: 'rcstatsig_dispatcher_integration_state',
  help: '1 for the state of the integration in this process, 0 for the other states: delivering; retrying (Statsig does not respond, or fails); suspended (Statsig rejects all requests); paused by an operator; unreadable',
  labelNames: ['project', 'state'],
});

export const receiptsDropped = new Counter({
  name: 'rcstatsig_dispatcher_receipts_dropped_total',
  help: 'Receipts of attempts that were dropped because too many were waiting for Kafka',
  labelNames: ['project'],
});
