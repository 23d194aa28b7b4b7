import { JsonInput, SegmentedControl, Select, Stack, Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useId, useState } from 'react';
import type { EventSummary } from '../../../api/events';
import type { IntegrationFormValues } from '../integrations/integration-form-values';
import { previewOf } from '../integrations/integration-form-values';
import { QueryResult } from '../shared/query-result';
import { PreviewResult } from './preview-result';
import {
  debounceMs,
  eventKey,
  type PreviewEvent,
  type PreviewRequest,
  useExampleEvents,
  usePreview,
} from './queries';

/** Shows what an event becomes with the values of the form, before they are saved. */
export function PreviewSection({ projectId, values }: { projectId: string; values: IntegrationFormValues }) {
  const headingId = useId();
  const [source, setSource] = useState<'last' | 'pasted'>('last');
  const [chosen, setChosen] = useState<PreviewEvent>();
  const [json, setJson] = useState('');
  const pasted = json.trim() === '' ? undefined : { json };
  const event = source === 'last' ? chosen : pasted;
  const settings = previewOf(values);
  const isComplete = settings !== undefined && event !== undefined;
  // As text, which is equal if its content is.
  const current = isComplete ? JSON.stringify({ projectId, settings, event }) : undefined;
  const [request] = useDebouncedValue(current, debounceMs);
  const preview = usePreview(request === undefined ? undefined : (JSON.parse(request) as PreviewRequest));
  return (
    <Stack component="section" aria-labelledby={headingId} mt="xl">
      <Title order={2} size="h4" id={headingId}>
        Preview
      </Title>
      <Text size="sm">
        What an event becomes with the settings in this form, before you save them. Nothing is sent or stored.
      </Text>
      <SegmentedControl
        aria-label="Event to preview"
        value={source}
        onChange={(value) => {
          setSource(value === 'pasted' ? 'pasted' : 'last');
        }}
        data={[
          { value: 'last', label: 'One of the last events' },
          { value: 'pasted', label: 'Pasted JSON' },
        ]}
        style={{ alignSelf: 'flex-start' }}
      />
      {source === 'last' ? (
        <EventPicker projectId={projectId} onChoose={setChosen} />
      ) : (
        <JsonInput
          label="Event as JSON"
          description="The body of a webhook, or only the event in it"
          autosize
          minRows={6}
          maxRows={20}
          maw={720}
          value={json}
          onChange={setJson}
        />
      )}
      {settings === undefined && (
        <Text size="sm">Choose a format, and correct invalid JSON in the form, to see a preview.</Text>
      )}
      {isComplete && (
        <QueryResult query={preview}>
          {(data) => (
            <PreviewResult
              preview={data}
              isLookupEnabled={values.hasRevenueCatKey && values.looksUpCustomers}
            />
          )}
        </QueryResult>
      )}
    </Stack>
  );
}

function EventPicker({
  projectId,
  onChoose,
}: {
  projectId: string;
  onChoose: (event: PreviewEvent | undefined) => void;
}) {
  const examples = useExampleEvents(projectId);
  return (
    <QueryResult query={examples}>
      {({ newestOfEachType, last }) => {
        const events = [...newestOfEachType, ...last];
        if (events.length === 0)
          return <Text size="sm">No event has arrived yet. Paste one as JSON instead.</Text>;
        return (
          <Select
            label="Event"
            placeholder="Choose an event"
            searchable
            maw={720}
            data={[
              { group: 'Newest of each type', items: newestOfEachType.map(optionOf) },
              { group: 'Other last events', items: last.map(optionOf) },
            ]}
            onChange={(key) => {
              const found = events.find((event) => eventKey(event) === key);
              onChoose(found && { project: found.project, id: found.eventId });
            }}
          />
        );
      }}
    </QueryResult>
  );
}

function optionOf(event: EventSummary): { value: string; label: string } {
  return { value: eventKey(event), label: labelOf(event) };
}

function labelOf({
  project,
  type,
  productId,
  priceUsd,
  appUserId,
  environment,
  receivedAtMs,
}: EventSummary): string {
  const price = priceUsd === null ? null : `$${priceUsd.toFixed(2)}`;
  const time = new Date(receivedAtMs).toLocaleString();
  const parts = [type || 'unknown', productId, price, appUserId, environment.toLowerCase(), project, time];
  return parts.filter((part) => part !== null).join(' · ');
}
