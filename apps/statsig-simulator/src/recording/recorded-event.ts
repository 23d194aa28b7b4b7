import { type IncomingHttpHeaders } from 'node:http';
import { type IncomingEvent } from '../incoming/incoming-event';
import { type Endpoint } from '../statsig/endpoints';

/** Whether Statsig ingests an event it has accepted, or silently leaves it out. */
export type Ingestion = 'ingested' | 'left_out_sandbox' | 'left_out_name';

/** An accepted request. */
export interface AcceptedRequest {
  endpoint: Endpoint;
  /** As received, but decompressed. */
  body: Buffer;
  headers: IncomingHttpHeaders;
  receivedAtMs: number;
}

export interface RecordedEvent extends IncomingEvent {
  /** Position in order of arrival: strictly increasing, starting at 1, never reused. */
  seq: number;
  /** 1 if its id was accepted for the first time, 2 for the second time, and so on; 1 without an id. */
  acceptance: number;
  ingestion: Ingestion;
  request: AcceptedRequest;
  /** Index in the `events` of the request. */
  index: number;
}

/** Events with one of these in their name are dropped (https://docs.statsig.com/guides/logging-events). */
const droppedCharacters = /[\\[\]{}<>#=;&$%|\0\n\r]/;

export function ingestionOf(event: IncomingEvent, includeSandbox: boolean): Ingestion {
  if (droppedCharacters.test(event.name)) return 'left_out_name';
  return event.isProduction || includeSandbox ? 'ingested' : 'left_out_sandbox';
}
