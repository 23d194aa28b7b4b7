import { notifications } from '@mantine/notifications';

/** Says in passing that something is done. */
export function announce(message: string): void {
  notifications.show({ message, closeButtonProps: { 'aria-label': 'Dismiss' } });
}
