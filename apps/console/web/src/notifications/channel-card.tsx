import { Alert, Badge, Button, Card, Group, Modal, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCheck, IconSend, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import type { ChannelView, ChannelWithSecret } from '../../../api/notifications';
import { send } from '../api/client';
import { ConfirmedAction } from '../shared/confirmed-action';
import { ErrorAlert } from '../shared/error-alert';
import { Moment } from '../shared/moment';
import { ChannelForm, type ChannelFormValues, settingsOf } from './channel-form';
import { useChannelChange, useChannelTest } from './queries';
import { SecretAlert } from './secret-alert';
import { subjectLabels } from './subject-labels';

export function ChannelCard({ channel }: { channel: ChannelView }) {
  const { id, kind, name, projectId, subjects, destination, problem } = channel;
  const [secret, setSecret] = useState<string>();
  return (
    <Card withBorder component="section" aria-label={name}>
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={2} size="h4">
            {name}
          </Title>
          <StateBadge channel={channel} />
        </Group>
        <Text size="sm">
          {kind === 'slack' ? 'Slack' : 'Webhook'} · {projectId ?? 'all projects'} ·{' '}
          {destination ?? 'unreadable'}
        </Text>
        <Text size="sm" c="dimmed">
          {subjects.map((subject) => subjectLabels[subject]).join(' · ')}
        </Text>
        {problem !== null && <ErrorAlert error={new Error(problem)} />}
        <Delivery delivery={channel.delivery} />
        {secret !== undefined && <SecretAlert secret={secret} />}
        <Group>
          {problem === null && (
            <>
              <TestButton id={id} />
              <EditChannel channel={channel} />
              {kind === 'webhook' && <RotateSecret id={id} onRotated={setSecret} />}
            </>
          )}
          <RemoveChannel id={id} name={name} />
        </Group>
      </Stack>
    </Card>
  );
}

function StateBadge({ channel: { problem, delivery } }: { channel: ChannelView }) {
  if (problem !== null || delivery.failedAttempts > 0) {
    return (
      <Badge variant="dot" color="red" tt="none">
        {problem === null ? 'Retrying' : 'Unreadable'}
      </Badge>
    );
  }
  return (
    <Badge variant="dot" color={delivery.lastSuccessAtMs === null ? 'gray' : 'green'} tt="none">
      {delivery.lastSuccessAtMs === null ? 'Nothing sent yet' : 'Working'}
    </Badge>
  );
}

function Delivery({ delivery }: { delivery: ChannelView['delivery'] }) {
  const { queued, failedAttempts, nextAttemptAtMs, lastSuccessAtMs, lastErrorAtMs, lastError, dropped } =
    delivery;
  return (
    <Text size="sm" component="div">
      <div>
        Last success: <Moment atMs={lastSuccessAtMs} />
      </div>
      {lastErrorAtMs !== null && (
        <div>
          Last failure: <Moment atMs={lastErrorAtMs} /> {lastError}
        </div>
      )}
      {queued > 0 && (
        <div>
          Waiting: {queued}
          {failedAttempts > 0 && `, after ${failedAttempts} failed attempts`}
          {nextAttemptAtMs !== null && (
            <>
              . Next attempt: <Moment atMs={nextAttemptAtMs} />
            </>
          )}
        </div>
      )}
      {dropped > 0 && <div>Never sent: {dropped}</div>}
    </Text>
  );
}

function TestButton({ id }: { id: string }) {
  const test = useChannelTest(id);
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconSend size={16} aria-hidden />}
        loading={test.isPending}
        onClick={() => {
          test.mutate();
        }}
      >
        Send a test message
      </Button>
      {test.isError && <ErrorAlert error={test.error} />}
      {test.data !== undefined && (
        <Alert
          role="status"
          w="100%"
          variant="outline"
          color={test.data.isAccepted ? 'green' : 'red'}
          icon={test.data.isAccepted ? <IconCheck aria-hidden /> : <IconX aria-hidden />}
          title={test.data.isAccepted ? 'Test message accepted' : 'Test message not accepted'}
        >
          {test.data.detail}
        </Alert>
      )}
    </>
  );
}

function EditChannel({ channel }: { channel: ChannelView }) {
  const [isOpen, dialog] = useDisclosure();
  const { id, version } = channel;
  const change = useChannelChange(async (values: ChannelFormValues) => {
    await send('PUT', `notification-channels/${id}`, {
      ...settingsOf(values),
      version,
      ...(values.url.trim() !== '' && { url: values.url }),
    });
    dialog.close();
  }, 'Channel changed.');
  return (
    <>
      <Button variant="default" onClick={dialog.open}>
        Edit
      </Button>
      <Modal
        opened={isOpen}
        onClose={dialog.close}
        title={`Edit ${channel.name}`}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <ChannelForm
          stored={channel}
          submitLabel="Save"
          isPending={change.isPending}
          error={change.error}
          onSubmit={(values) => {
            change.mutate(values);
          }}
          onCancel={dialog.close}
        />
      </Modal>
    </>
  );
}

function RotateSecret({ id, onRotated }: { id: string; onRotated: (secret: string | undefined) => void }) {
  const rotate = useChannelChange(async () => {
    const { secret } = await send<ChannelWithSecret>('POST', `notification-channels/${id}/secret`);
    onRotated(secret ?? undefined);
  }, 'Signing secret replaced.');
  return (
    <ConfirmedAction
      action="Replace signing secret"
      title="Replace the signing secret?"
      confirm="Replace"
      change={rotate}
    >
      <Text size="sm">
        The new secret is used at once. A message that the receiver rejects until you enter the new secret
        there is retried for a day.
      </Text>
    </ConfirmedAction>
  );
}

function RemoveChannel({ id, name }: { id: string; name: string }) {
  const remove = useChannelChange(() => send('DELETE', `notification-channels/${id}`), 'Channel removed.');
  return (
    <ConfirmedAction action="Remove" title={`Remove ${name}?`} confirm="Remove" change={remove}>
      <Text size="sm">Messages that wait to be sent are removed with it.</Text>
    </ConfirmedAction>
  );
}
