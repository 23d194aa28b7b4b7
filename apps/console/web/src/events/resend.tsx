import { Button, Checkbox, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { IconRepeat } from '@tabler/icons-react';
import { useState } from 'react';
import type { EventDetail } from '../../../api/events';
import { send } from '../api/client';
import { announce } from '../shared/announce';
import { ErrorAlert } from '../shared/error-alert';

export function Resend({ event }: { event: EventDetail }) {
  const [isOpen, dialog] = useDisclosure();
  const [evenIfDelivered, setEvenIfDelivered] = useState(false);
  const again = useMutation({
    mutationFn: () =>
      send('POST', 'event/resend', { project: event.project, id: event.eventId, evenIfDelivered }),
    onSuccess: () => {
      announce('The event was sent to the pipeline again.');
      dialog.close();
    },
  });
  return (
    <div>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconRepeat size={16} aria-hidden />}
        disabled={event.received === null}
        onClick={dialog.open}
      >
        Send again
      </Button>
      <Modal
        opened={isOpen}
        onClose={dialog.close}
        title="Send this event again?"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Stack>
          <Text size="sm">
            The event as received goes through the pipeline again. It is mapped with the current settings and
            profile.
          </Text>
          <Text size="sm">
            <b>The ledger prevents duplicates.</b> It remembers the ids of events that Statsig has accepted (
            <code>DISPATCHER_DEDUPLICATION_WINDOW</code>).{' '}
            {event.outcome === 'delivered'
              ? 'Statsig has accepted this event, so it will be skipped as a duplicate.'
              : 'Statsig has not accepted this event, so it will be sent.'}
          </Text>
          <Checkbox
            label="Deliver even if Statsig has it"
            description="The event gets a new id, so Statsig counts it again."
            checked={evenIfDelivered}
            onChange={({ currentTarget }) => {
              setEvenIfDelivered(currentTarget.checked);
            }}
          />
          {again.isError && <ErrorAlert error={again.error} />}
          <Button
            loading={again.isPending}
            onClick={() => {
              again.mutate();
            }}
          >
            Send again
          </Button>
        </Stack>
      </Modal>
    </div>
  );
}
