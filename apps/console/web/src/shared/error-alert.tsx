import { Alert, Button, Group } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';

/** Shows an error, with a button to retry. */
export function ErrorAlert({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <Alert
      role="alert"
      variant="outline"
      color="red"
      title="Something went wrong"
      icon={<IconAlertTriangle aria-hidden />}
      my="md"
    >
      {error.message}
      {onRetry !== undefined && (
        <Group mt="sm">
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        </Group>
      )}
    </Alert>
  );
}
