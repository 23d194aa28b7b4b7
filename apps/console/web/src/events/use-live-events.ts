import { useEffect, useState } from 'react';
import type { EventSummary, LiveEvents as LiveEventsMessage } from '../../../api/events';
import { apiUrl, type Query } from '../api/client';

const maxShown = 500;

export interface LiveEvents {
  /** Events that are new or have changed since the stream began, newest first. */
  events: EventSummary[];
  /** Number of further events that changed but are not listed. */
  left: number;
  isConnected: boolean;
}

const nothing: LiveEvents = { events: [], left: 0, isConnected: false };

/**
 * Streams new and changed events while enabled.
 *
 * @param readAll called whenever the stream begins: it has no changes of the time before, in which the list may have been read
 */
export function useLiveEvents(filter: Query, isOn: boolean, readAll: () => unknown): LiveEvents {
  const [live, setLive] = useState(nothing);
  const url = apiUrl('events/stream', filter);
  useEffect(() => {
    setLive(nothing);
  }, [url]);
  useEffect(() => {
    if (!isOn) return;
    const source = new EventSource(url);
    source.addEventListener('open', () => {
      setLive({ ...nothing, isConnected: true });
      readAll();
    });
    source.addEventListener('error', () => {
      setLive((before) => ({ ...before, isConnected: false }));
    });
    source.addEventListener('events', ({ data }: MessageEvent<string>) => {
      const { events, left } = JSON.parse(data) as LiveEventsMessage;
      setLive((before) => ({
        isConnected: true,
        left: before.left + left,
        events: newestFirst([...before.events, ...events]),
      }));
    });
    return () => {
      source.close();
    };
  }, [url, isOn, readAll]);
  return live;
}

/** Keeps the latest version of each event. */
export function newestFirst(events: readonly EventSummary[]): EventSummary[] {
  const latest = new Map(events.map((event) => [`${event.project}/${event.eventId}`, event]));
  return [...latest.values()].sort((a, b) => b.receivedAtMs - a.receivedAtMs).slice(0, maxShown);
}
