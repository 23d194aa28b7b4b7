import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { IntegrationView } from '../../../src/integrations/integration-view';
import type { IntegrationSetup } from '../../../src/integrations/integration-setup';
import type { TestEventResult } from '../../../src/integrations/test-event-view';
import { get, send } from '../api/client';
import { announce } from '../shared/announce';

const integrationsKey = ['integrations'];

export function useIntegrations() {
  return useQuery({
    queryKey: integrationsKey,
    queryFn: () => get<IntegrationView[]>('integrations'),
    refetchInterval: 3_000,
  });
}

export function useIntegration(projectId: string) {
  return useQuery({
    queryKey: [...integrationsKey, projectId],
    queryFn: () => get<IntegrationView>(`integrations/${projectId}`),
  });
}

export function useSetup() {
  return useQuery({ queryKey: ['setup'], queryFn: () => get<IntegrationSetup>('setup'), staleTime: 60_000 });
}

export function useTestEvent() {
  return useMutation({ mutationFn: (draft: unknown) => send<TestEventResult>('POST', 'test-events', draft) });
}

/** A change of one or all integrations; says so when it is made. */
export function useChange<T>(change: (input: T) => Promise<unknown>, said: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      announce(said);
      await queries.invalidateQueries({ queryKey: integrationsKey });
    },
  });
}
