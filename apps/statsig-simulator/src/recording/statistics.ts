import { type Traffic } from '../statsig/traffic';
import { type EventRecorder } from './event-recorder';

/** Counters since the last clear. */
export function statisticsOf(traffic: Traffic, recorder: EventRecorder) {
  const { acceptances, ring } = recorder;
  return {
    ...traffic.show(),
    events: recorder.recorded,
    ingested: recorder.ingested,
    leftOut: recorder.recorded - recorder.ingested,
    distinctEventIds: acceptances.distinct,
    repeatedEventIds: acceptances.repeats.size,
    uncountedEvents: acceptances.uncounted,
    held: { events: ring.size, bytes: ring.bytes, oldestSeq: ring.oldestSeq, lastSeq: ring.nextSeq - 1 },
  };
}
