import { Anchor, Button, Drawer, Group, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { DeadLetterDetail } from '../../../api/dead-letters';
import { JsonView } from '../shared/json-view';
import { QueryResult } from '../shared/query-result';
import { Moment } from '../shared/moment';
import { ReasonHint } from '../shared/reason-hint';
import { type Selection, useDeadLetter } from './queries';

export function DeadLetterDrawer({
  id,
  onClose,
  onRedrive,
}: {
  id: string | null;
  onClose: () => void;
  onRedrive: (selection: Selection) => void;
}) {
  return (
    <Drawer
      opened={id !== null}
      onClose={onClose}
      position="right"
      size="xl"
      title="Dead letter"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {id !== null && <DeadLetterContents id={id} onRedrive={onRedrive} />}
    </Drawer>
  );
}

function DeadLetterContents({ id, onRedrive }: { id: string; onRedrive: (selection: Selection) => void }) {
  const deadLetter = useDeadLetter(id);
  return (
    <QueryResult query={deadLetter}>
      {(detail) => <DeadLetterView letter={detail} onRedrive={onRedrive} />}
    </QueryResult>
  );
}

function DeadLetterView({
  letter,
  onRedrive,
}: {
  letter: DeadLetterDetail;
  onRedrive: (selection: Selection) => void;
}) {
  const {
    id,
    reason,
    detail,
    stage,
    atMs,
    attempts,
    eventId,
    project,
    value,
    headers,
    isOpen,
    isRedrivable,
  } = letter;
  return (
    <Stack>
      <Text fw={600}>{reason}</Text>
      <Text size="sm">{detail}</Text>
      <ReasonHint explanation={letter.explanation} />
      <Text size="sm">
        From the {stage}, <Moment atMs={atMs} />
        {attempts > 0 && ` after ${attempts} attempts`}
      </Text>
      <Group>
        <Button
          size="xs"
          disabled={!isOpen || !isRedrivable}
          onClick={() => {
            onRedrive({ id });
          }}
        >
          Redrive
        </Button>
        {letter.redrivenAtMs !== null && (
          <Text size="sm">
            Redriven <Moment atMs={letter.redrivenAtMs} />
          </Text>
        )}
        {!isRedrivable && (
          <Text size="sm">This is not a valid or complete event; it cannot be redriven.</Text>
        )}
      </Group>
      {eventId !== null && project !== null && (
        <Anchor
          component={Link}
          size="sm"
          underline="always"
          to={`/events?event=${encodeURIComponent(`${project}/${eventId.replace(/:(from|to)$/, '')}`)}`}
        >
          Open the event
        </Anchor>
      )}
      {value !== null && <JsonView label="stored record" text={value} />}
      <JsonView label="headers" text={JSON.stringify(headers)} />
    </Stack>
  );
}
