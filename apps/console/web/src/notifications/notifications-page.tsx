import { Alert, Button, Modal, SimpleGrid, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { ChannelWithSecret } from '../../../api/notifications';
import { send } from '../api/client';
import { useSetup } from '../integrations/queries';
import { Empty } from '../shared/empty';
import { PageTitle } from '../shared/page-title';
import { QueryResult } from '../shared/query-result';
import { ChannelCard } from './channel-card';
import { ChannelForm, type ChannelFormValues, settingsOf } from './channel-form';
import { useChannelChange, useChannels } from './queries';
import { SecretAlert } from './secret-alert';

export function NotificationsPage() {
  const channels = useChannels();
  const setup = useSetup();
  const [secret, setSecret] = useState<string>();
  return (
    <>
      <PageTitle title="Notifications">
        <NewChannel canSave={setup.data?.canSave ?? false} onAdded={setSecret} />
      </PageTitle>
      <Stack>
        {setup.data?.canSave === false && (
          <Alert variant="outline" color="orange" title="Channels cannot be stored yet">
            Set <code>SETTINGS_ENCRYPTION_KEY</code> to the same value for every app, so that their URLs can
            be encrypted.
          </Alert>
        )}
        {secret !== undefined && <SecretAlert secret={secret} />}
        <QueryResult query={channels}>
          {(list) =>
            list.length === 0 ? (
              <Empty title="No notification channel yet">
                Choose <b>New</b> to be notified by a webhook or in Slack when an integration is suspended,
                webhooks are rejected, or events become dead letters.
              </Empty>
            ) : (
              <SimpleGrid cols={{ base: 1, md: 2 }}>
                {list.map((channel) => (
                  <ChannelCard key={channel.id} channel={channel} />
                ))}
              </SimpleGrid>
            )
          }
        </QueryResult>
      </Stack>
    </>
  );
}

function NewChannel({
  canSave,
  onAdded,
}: {
  canSave: boolean;
  onAdded: (secret: string | undefined) => void;
}) {
  const [isOpen, dialog] = useDisclosure();
  const add = useChannelChange(async (values: ChannelFormValues) => {
    const { secret } = await send<ChannelWithSecret>('POST', 'notification-channels', {
      ...settingsOf(values),
      kind: values.kind,
      url: values.url,
    });
    onAdded(secret ?? undefined);
    dialog.close();
  }, 'Channel added.');
  return (
    <>
      <Button leftSection={<IconPlus size={16} aria-hidden />} disabled={!canSave} onClick={dialog.open}>
        New
      </Button>
      <Modal
        opened={isOpen}
        onClose={dialog.close}
        title="New notification channel"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <ChannelForm
          submitLabel="Add"
          isPending={add.isPending}
          error={add.error}
          onSubmit={(values) => {
            add.mutate(values);
          }}
          onCancel={dialog.close}
        />
      </Modal>
    </>
  );
}
