import { Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** Placeholder for an empty list, with a hint. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl" ta="center">
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text component="div" c="dimmed" maw={520}>
        {children}
      </Text>
    </Stack>
  );
}
