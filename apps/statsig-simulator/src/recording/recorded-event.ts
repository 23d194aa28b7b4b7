import { type IncomingHttpHeaders } from 'node:http';
import { type IncomingEvent } from '../incoming/incoming-event';
import { type Endpoint } from '../statsig/endpoints';
import { type Ingestion } from './ingestion';

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
