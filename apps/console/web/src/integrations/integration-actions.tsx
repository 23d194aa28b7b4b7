import { Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { ReadyIntegration } from '../../../api/integrations';
import { send } from '../api/client';
import { ErrorAlert } from '../shared/error-alert';
import { useChange } from './queries';

/** Pause or resume, replace the secret, remove. */
export function IntegrationActions({ view: { projectId, enabled } }: { view: ReadyIntegration }) {
  const pause = useChange(
    () => send('POST', `integrations/${projectId}/${enabled ? 'pause' : 'resume'}`),
    enabled ? 'Paused: events wait in Kafka, in order.' : 'Resumed: events that have waited are sent.',
  );
  return (
    <Group>
      <Button
        variant="default"
        loading={pause.isPending}
        onClick={() => {
          pause.mutate(undefined);
        }}
      >
        {enabled ? 'Pause' : 'Resume'}
      </Button>
      <RotateSecret projectId={projectId} />
      <RemoveIntegration projectId={projectId} />
      {pause.isError && <ErrorAlert error={pause.error} />}
    </Group>
  );
}

function RotateSecret({ projectId }: { projectId: string }) {
  const [isOpen, dialog] = useDisclosure();
  const [serverSecret, setSecret] = useState('');
  const rotate = useChange(async () => {
    await send('POST', `integrations/${projectId}/secret`, { serverSecret });
    setSecret('');
    dialog.close();
  }, 'Secret replaced. It takes effect within two seconds.');
  return (
    <>
      <Button variant="default" onClick={dialog.open}>
        Replace secret
      </Button>
      <Modal
        opened={isOpen}
        onClose={dialog.close}
        title="Replace the server secret"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Stack>
          <Text size="sm">
            Create a new key in Statsig, replace it here, then delete the old key in Statsig.
          </Text>
          <PasswordInput
            label="New server secret key"
            autoComplete="off"
            data-autofocus
            value={serverSecret}
            onChange={({ currentTarget }) => {
              setSecret(currentTarget.value);
            }}
          />
          {rotate.isError && <ErrorAlert error={rotate.error} />}
          <Button
            loading={rotate.isPending}
            disabled={serverSecret.trim() === ''}
            onClick={() => {
              rotate.mutate(undefined);
            }}
          >
            Replace
          </Button>
        </Stack>
      </Modal>
    </>
  );
}

export function RemoveIntegration({ projectId }: { projectId: string }) {
  const [isOpen, dialog] = useDisclosure();
  const navigate = useNavigate();
  const remove = useChange(async () => {
    await send('DELETE', `integrations/${projectId}`);
    await navigate('/integrations');
  }, 'Integration removed.');
  return (
    <>
      <Button variant="outline" color="red" onClick={dialog.open}>
        Remove
      </Button>
      <Modal
        opened={isOpen}
        onClose={dialog.close}
        title={`Remove the integration of ${projectId}?`}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Stack>
          <Text size="sm">
            This deletes its secrets and its webhook credentials. Later webhooks are rejected, and RevenueCat
            drops an event after about 155 minutes of rejections. To delay events, pause the integration
            instead.
          </Text>
          <Text size="sm">
            Undelivered events stay in Kafka until their retention ends, and are delivered if the integration
            is added again before then. <code>npm run cli -- topics</code> lists them and the command to
            delete them.
          </Text>
          {remove.isError && <ErrorAlert error={remove.error} />}
          <Group>
            <Button
              color="red"
              loading={remove.isPending}
              onClick={() => {
                remove.mutate(undefined);
              }}
            >
              Remove
            </Button>
            <Button variant="default" onClick={dialog.close}>
              Keep it
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
