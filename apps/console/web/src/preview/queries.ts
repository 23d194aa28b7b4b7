import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { EventPage, EventSummary } from '../../../api/events';
import type { Preview } from '../../../api/preview';
import type { SettingExamples } from '../../../api/setting-examples';
import { get, send } from '../api/client';
import { type IntegrationFormValues, previewOf } from '../integrations/integration-form-values';

/** Long enough for a pause in typing. */
export const debounceMs = 400;

/** An event that the console shows, or pasted JSON text. */
export type PreviewEvent = { project: string; id: string } | { json: string };

export interface PreviewRequest {
  projectId: string;
  /** Settings in the format of the API. */
  settings: unknown;
  event: PreviewEvent;
}

export const previewsKey = ['preview'];

/** Shows what an event would become. Undefined: nothing to preview yet. Shows the previous result while a new one loads. */
export function usePreview(request: PreviewRequest | undefined) {
  return useQuery({
    queryKey: [...previewsKey, request],
    queryFn: () => send<Preview>('POST', 'previews', request),
    enabled: request !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
    // What is known of the customer changes.
    staleTime: 0,
    gcTime: 0,
  });
}

/**
 * Shows what each choice of the settings in a form makes of an event. Undefined until it is known. Shows the previous examples
 * while new ones load.
 */
export function useSettingExamples(
  projectId: string,
  values: IntegrationFormValues,
): SettingExamples | undefined {
  // Until a format is chosen, the examples are in the recommended one.
  const settings = previewOf({ ...values, format: values.format === '' ? 'log_event' : values.format });
  // As text, which is equal if its content is.
  const [request] = useDebouncedValue(settings && JSON.stringify({ projectId, settings }), debounceMs);
  return useQuery({
    queryKey: ['setting-examples', request],
    queryFn: () => send<SettingExamples>('POST', 'previews/examples', JSON.parse(request ?? '')),
    enabled: request !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 10_000,
  }).data;
}

/** Events to choose from: those of a project, or of all projects if it has none. */
export interface ExampleEvents {
  newestOfEachType: readonly EventSummary[];
  /** Without the former. */
  last: readonly EventSummary[];
}

export function useExampleEvents(projectId: string) {
  return useQuery({
    queryKey: ['example-events', projectId],
    queryFn: async () => {
      const ofProject = await exampleEvents(projectId);
      return ofProject.newestOfEachType.length > 0 ? ofProject : exampleEvents(undefined);
    },
    staleTime: 10_000,
  });
}

async function exampleEvents(project: string | undefined): Promise<ExampleEvents> {
  const [newestOfEachType, { events }] = await Promise.all([
    get<EventSummary[]>('events/examples', { project }),
    get<EventPage>('events', { project, limit: 50 }),
  ]);
  const newest = new Set(newestOfEachType.map(eventKey));
  return { newestOfEachType, last: events.filter((event) => !newest.has(eventKey(event))) };
}

export function eventKey({ project, eventId }: EventSummary): string {
  return `${project}/${eventId}`;
}
