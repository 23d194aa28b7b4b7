import { Button, Group, Modal, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { UseMutationResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorAlert } from './error-alert';

/** A button with a confirmation dialog, which closes when the action has succeeded. */
export function ConfirmedAction({
  action,
  title,
  confirm,
  change,
  isReady = true,
  children,
}: {
  action: string;
  title: string;
  confirm: string;
  change: Pick<UseMutationResult, 'mutate' | 'isPending' | 'error' | 'reset'>;
  isReady?: boolean;
  children: ReactNode;
}) {
  const [isOpen, dialog] = useDisclosure(false, { onOpen: change.reset });
  return (
    <>
      <Button variant="default" onClick={dialog.open}>
        {action}
      </Button>
      <Modal
        opened={isOpen}
        onClose={dialog.close}
        title={title}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Stack>
          {children}
          {change.error !== null && <ErrorAlert error={change.error} />}
          <Group>
            <Button
              loading={change.isPending}
              disabled={!isReady}
              onClick={() => {
                change.mutate(undefined, { onSuccess: dialog.close });
              }}
            >
              {confirm}
            </Button>
            <Button variant="default" onClick={dialog.close}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
