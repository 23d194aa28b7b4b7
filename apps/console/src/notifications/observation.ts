/**
 * What the console sees at one time. A member is undefined while it is unknown, for example because Redis or Kafka does not
 * respond, or because the read model has not read everything yet.
 */
export interface Observation {
  nowMs: number;
  integrations: readonly ObservedIntegration[] | undefined;
  /** Open dead letters by project and reason. */
  deadLetters: readonly ObservedDeadLetters[] | undefined;
  rejectedWebhooks: readonly ObservedRejections[] | undefined;
  /** Of projects from which events have arrived. */
  arrivals: readonly ObservedArrivals[] | undefined;
  /** Those that could be read. */
  backlogs: readonly ObservedBacklog[] | undefined;
}

export interface ObservedIntegration {
  projectId: string;
  /** `unknown`: nothing was sent yet, or its settings cannot be read. */
  state: 'delivering' | 'retrying' | 'suspended' | 'paused' | 'unknown';
  /** Status of Statsig's response to the last event that it did not accept. */
  status: number | null;
}

export interface ObservedDeadLetters {
  projectId: string;
  /** A reason code: never text from an event. */
  reason: string;
  count: number;
  firstAtMs: number;
}

export interface ObservedRejections {
  projectId: string;
  outcome: string;
  count: number;
  lastAtMs: number;
}

export interface ObservedArrivals {
  projectId: string;
  lastAtMs: number;
  /** Whether so many events arrived at the same time the day before that one is overdue. */
  wereExpected: boolean;
}

export interface ObservedBacklog {
  /** Null for the events of all projects, which wait for the mapper. */
  projectId: string | null;
  /** Whether the oldest event has waited for at least half of the retention of its topic. */
  isAtRisk: boolean;
}
