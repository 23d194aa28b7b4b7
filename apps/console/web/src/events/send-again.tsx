import { Button, Checkbox, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { IconRepeat } from '@tabler/icons-react';
import { useState } from 'react';
import type { EventDetail } from '../../../src/events/event-view';
import { send } from '../api/client';
import { announce } from '../shared/announce';
import { Problem } from '../shared/problem';

export function SendAgain({ event }: { event: EventDetail }) {
  const [isOpen, dialog] = useDisclosure();
  const [evenIfDelivered, setEvenIfDelivered] = useState(false);
  const again = useMutation({
    mutationFn: () =>
      send('POST', 'event/send-again', { project: event.project, id: event.eventId, evenIfDelivered }),
    onSuccess: () => {
      announce('The event is on its way again.');
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
            The event enters the pipeline once more as it was received, is mapped with the settings and the
            customer as they are known now, and is delivered.
          </Text>
          <Text size="sm">
            <b>The ledger stands in between.</b> It remembers every event id that Statsig has taken, for 30
            days unless set otherwise.{' '}
            {event.outcome === 'delivered'
              ? 'Statsig has taken this one, so it will be held back as a duplicate: Statsig counts it once.'
              : 'Statsig has not taken this one, so it will be sent.'}
          </Text>
          <Checkbox
            label="Deliver it even if Statsig has it"
            description="It goes under an id of its own, so Statsig counts it once more."
            checked={evenIfDelivered}
            onChange={({ currentTarget }) => {
              setEvenIfDelivered(currentTarget.checked);
            }}
          />
          {again.isError && <Problem error={again.error} />}
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
