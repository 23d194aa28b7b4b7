import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { SessionView } from '../../../api/session';
import { get, send } from './client';

export const sessionKey = ['session'];

export function useSession() {
  return useQuery({
    queryKey: sessionKey,
    queryFn: () => get<SessionView>('session'),
    refetchInterval: 60_000,
  });
}

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (given: { token: string; name: string }) => send<SessionView>('POST', 'session', given),
    onSuccess: (session) => {
      queries.setQueryData(sessionKey, session);
    },
  });
}

export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => send<undefined>('DELETE', 'session'),
    onSuccess: () => {
      const signedOut: SessionView = { isSignedIn: false, isTokenNeeded: true };
      queries.setQueryData(sessionKey, signedOut);
      // Remove the cached data, so that the next user does not see it.
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
    },
  });
}
