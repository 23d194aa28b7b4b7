import { Skeleton, Stack, VisuallyHidden } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Problem } from './problem';

/** What a query answered; until then a placeholder, and where it failed, why. */
export function Loaded<T>({
  query,
  children,
}: {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <Stack aria-busy="true">
      <VisuallyHidden>Loading…</VisuallyHidden>
      <Skeleton h={28} w="40%" />
      <Skeleton h={80} />
      <Skeleton h={80} />
    </Stack>
  );
}
