import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { DeadLetterDetail, DeadLetterGroup, DeadLetterPage, Redrive } from '../../../api/dead-letters';
import { get, send } from '../api/client';

export type GroupName = Pick<DeadLetterGroup, 'source' | 'stage' | 'reason'>;
export type Selection = { id: number } | GroupName | { all: true };

export function useGroups() {
  return useQuery({
    queryKey: ['dead-letter-groups'],
    queryFn: () => get<DeadLetterGroup[]>('dead-letter-groups'),
    refetchInterval: 2_000,
  });
}

export function useDeadLettersOf({ source, stage, reason }: GroupName) {
  return useInfiniteQuery({
    queryKey: ['dead-letters', source, stage, reason],
    queryFn: ({ pageParam }) =>
      get<DeadLetterPage>('dead-letters', { source, stage, reason, cursor: pageParam }),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    refetchInterval: 2_000,
  });
}

export function useDeadLetter(id: string) {
  return useQuery({
    queryKey: ['dead-letter', id],
    queryFn: () => get<DeadLetterDetail>(`dead-letters/${id}`),
    refetchInterval: 2_000,
  });
}

export function useRedrives() {
  return useQuery({
    queryKey: ['redrives'],
    queryFn: () => get<Redrive[]>('redrives'),
    refetchInterval: ({ state }) => (state.data?.[0]?.state === 'running' ? 500 : 5_000),
  });
}

export function useRedrive() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (selection: Selection) => send<Redrive>('POST', 'redrives', selection),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['redrives'] }),
  });
}
