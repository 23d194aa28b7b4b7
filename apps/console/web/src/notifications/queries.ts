import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ChannelTestResult, ChannelView } from '../../../api/notifications';
import { get, send } from '../api/client';
import { announce } from '../shared/announce';

const channelsKey = ['notification-channels'];

export function useChannels() {
  return useQuery({
    queryKey: channelsKey,
    queryFn: () => get<ChannelView[]>('notification-channels'),
    refetchInterval: 3_000,
  });
}

export function useChannelTest(id: string) {
  return useMutation({
    mutationFn: () => send<ChannelTestResult>('POST', `notification-channels/${id}/test`),
  });
}

/** Changes notification channels, and announces the change on success. */
export function useChannelChange<T>(change: (input: T) => Promise<unknown>, message: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      announce(message);
      await queries.invalidateQueries({ queryKey: channelsKey });
    },
  });
}
