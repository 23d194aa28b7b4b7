import { type IncomingEvent } from '../incoming/incoming-event';

/** Whether Statsig ingests an event it has accepted, or silently leaves it out. */
export type Ingestion = 'ingested' | 'left_out_sandbox' | 'left_out_name';

/** Events with one of these in their name are dropped (https://docs.statsig.com/guides/logging-events). */
const droppedCharacters = /[\\[\]{}<>#=;&$%|\0\n\r]/;

export function ingestionOf(event: IncomingEvent, includeSandbox: boolean): Ingestion {
  if (droppedCharacters.test(event.name)) return 'left_out_name';
  return event.isProduction || includeSandbox ? 'ingested' : 'left_out_sandbox';
}
