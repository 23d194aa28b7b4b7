import { type IncomingHttpHeaders } from 'node:http';
import { type IncomingEvent } from '../incoming/incoming-event';
import { type Endpoint } from '../statsig/endpoints';
import { type Ingestion } from './ingestion';

/** An accepted request. */
export interface Arrival {
  endpoint: Endpoint;
  /** As received, but unzipped. */
  body: Buffer;
  headers: IncomingHttpHeaders;
  receivedAtMs: number;
}

export interface RecordedEvent extends IncomingEvent {
  /** Arrival order: strictly increasing, from 1, never used twice. */
  seq: number;
  /** 1 the first time that its id was accepted, 2 the second time; 1 where it has no id. */
  acceptance: number;
  ingestion: Ingestion;
  arrival: Arrival;
  /** Its place in the `events` of the request. */
  index: number;
}
