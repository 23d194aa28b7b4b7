import { notifications } from '@mantine/notifications';

/** Shows a short notification. */
export function announce(message: string): void {
  notifications.show({ message, closeButtonProps: { 'aria-label': 'Dismiss' } });
}
