import { Skeleton, Stack, VisuallyHidden } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorAlert } from './error-alert';

/** Shows the result of a query, or a placeholder while it loads. If it failed, shows the error and the previous result. */
export function QueryResult<T>({
  query,
  children,
}: {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>;
  children: (data: T) => ReactNode;
}) {
  const problem = query.error !== null && (
    <ErrorAlert error={query.error} onRetry={() => void query.refetch()} />
  );
  if (query.data !== undefined) {
    return (
      <>
        {problem}
        {children(query.data)}
      </>
    );
  }
  if (problem !== false) return problem;
  return (
    <Stack aria-busy="true">
      <VisuallyHidden>Loading…</VisuallyHidden>
      <Skeleton h={28} w="40%" />
      <Skeleton h={80} />
      <Skeleton h={80} />
    </Stack>
  );
}
