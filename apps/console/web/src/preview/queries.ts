import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { EventPage, EventSummary } from '../../../api/events';
import type { Preview } from '../../../api/preview';
import { get, send } from '../api/client';

/** An event that the console shows, or pasted JSON text. */
export type PreviewEvent = { project: string; id: string } | { json: string };

export interface PreviewRequest {
  projectId: string;
  /** Settings in the format of the API. */
  settings: unknown;
  event: PreviewEvent;
}

/** Shows what an event would become. Undefined: nothing to preview yet. Shows the previous result while a new one loads. */
export function usePreview(request: PreviewRequest | undefined) {
  return useQuery({
    queryKey: ['preview', request],
    queryFn: () => send<Preview>('POST', 'previews', request),
    enabled: request !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
    // What is known of the customer changes.
    staleTime: 0,
    gcTime: 0,
  });
}

/** The last events of a project; of all projects if it has none. */
export function useLastEvents(projectId: string) {
  return useQuery({
    queryKey: ['last-events', projectId],
    queryFn: async () => {
      const ofProject = await lastEvents(projectId);
      return ofProject.length > 0 ? ofProject : lastEvents(undefined);
    },
    staleTime: 10_000,
  });
}

async function lastEvents(project: string | undefined): Promise<readonly EventSummary[]> {
  const { events } = await get<EventPage>('events', { project, limit: 50 });
  return events;
}

/** The last event of each type of a project, as examples. */
export function useExampleEvents(projectId: string) {
  return useQuery({
    queryKey: ['example-events', projectId],
    queryFn: () => get<EventSummary[]>('events/examples', { project: projectId }),
    staleTime: 60_000,
  });
}
