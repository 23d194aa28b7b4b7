import { Alert, Stack, Text } from '@mantine/core';
import { Copyable } from '../shared/copyable';

/** Shows a signing secret, which is not shown again. */
export function SecretAlert({ secret }: { secret: string }) {
  return (
    <Alert role="status" variant="outline" color="orange" title="Signing secret">
      <Stack gap="xs">
        <Text size="sm">Enter it at the receiver now: it is not shown again.</Text>
        <Copyable label="signing secret" value={secret} />
      </Stack>
    </Alert>
  );
}
