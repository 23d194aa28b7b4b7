import { Alert, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { Preview, PreviewedOutcome } from '../../../api/preview';
import { DiffView } from '../shared/diff-view';
import { OutcomeCard } from './outcome-card';

/** What an event becomes with the settings in the form, beside the saved ones, and how the requests differ. */
export function PreviewResult({ preview, isLookupEnabled }: { preview: Preview; isLookupEnabled: boolean }) {
  const { draft, saved, isSame, isCustomerKnown } = preview;
  return (
    <Stack>
      <Text size="sm" role="status">
        {saved === null
          ? 'The project has no saved settings to compare with.'
          : isSame
            ? 'The saved settings have the same result.'
            : 'The result differs from that of the saved settings.'}
      </Text>
      {!isCustomerKnown && isLookupEnabled && (
        <Alert variant="outline" title="New customer">
          Nothing is known of this customer yet. When the event is delivered, the customer is looked up in
          RevenueCat, which may add ids and attributes. The preview does not look up customers.
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, lg: saved === null ? 1 : 2 }}>
        <Outcomes
          title="With the settings in this form"
          label="with the settings in this form"
          outcomes={draft}
          others={saved ?? undefined}
        />
        {saved !== null && (
          <Outcomes title="With the saved settings" label="with the saved settings" outcomes={saved} />
        )}
      </SimpleGrid>
      {draft.map((outcome) => (
        <BodyDifferences
          key={outcome.side}
          before={saved?.find(({ side }) => side === outcome.side)}
          after={outcome}
        />
      ))}
    </Stack>
  );
}

function Outcomes({
  title,
  label,
  outcomes,
  others,
}: {
  title: string;
  label: string;
  outcomes: readonly PreviewedOutcome[];
  others?: readonly PreviewedOutcome[] | undefined;
}) {
  return (
    <Stack role="region" aria-label={title} miw={0}>
      <Title order={3} size="h5">
        {title}
      </Title>
      {outcomes.map((outcome) => (
        <OutcomeCard
          key={outcome.side}
          outcome={outcome}
          other={others?.find(({ side }) => side === outcome.side)}
          label={label}
        />
      ))}
    </Stack>
  );
}

function BodyDifferences({
  before,
  after,
}: {
  before: PreviewedOutcome | undefined;
  after: PreviewedOutcome;
}) {
  if (before?.kind !== 'delivery' || after.kind !== 'delivery') return null;
  if (before.request.body === after.request.body) return null;
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        Differences in the request body
      </Title>
      <DiffView
        label={`Differences in the request body of ${after.deliveryId}`}
        before={before.request.body}
        after={after.request.body}
      />
    </Stack>
  );
}
