import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { IntegrationView, IntegrationSetup, TestEventResult } from '../../../api/integrations';
import type { WebhookCheck } from '../../../api/revenuecat-webhooks';
import { ApiError, get, send } from '../api/client';
import { previewsKey } from '../preview/queries';
import { announce } from '../shared/announce';

const integrationsKey = ['integrations'];
const webhookChecksKey = ['revenuecat-webhooks'];

const integrationsQuery = {
  queryKey: integrationsKey,
  queryFn: () => get<IntegrationView[]>('integrations'),
  refetchInterval: 3_000,
};

export function useIntegrations() {
  return useQuery(integrationsQuery);
}

/** Reads from the list, so that no request is made for an integration that was just removed. */
export function useIntegration(projectId: string) {
  return useQuery({
    ...integrationsQuery,
    select: (list) => {
      const found = list.find((view) => view.projectId === projectId);
      if (found === undefined) throw new ApiError(404, `Project "${projectId}" has no integration.`);
      return found;
    },
  });
}

export function useSetup() {
  return useQuery({ queryKey: ['setup'], queryFn: () => get<IntegrationSetup>('setup'), staleTime: 60_000 });
}

export function useTestEvent() {
  return useMutation({ mutationFn: (draft: unknown) => send<TestEventResult>('POST', 'test-events', draft) });
}

/** Changes integrations, and announces the change on success. */
export function useChange<T>(change: (input: T) => Promise<unknown>, message: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      announce(message);
      await queries.invalidateQueries({ queryKey: integrationsKey });
      // The settings of the integration decide what its webhook should be, and what a preview is compared with.
      void queries.invalidateQueries({ queryKey: webhookChecksKey });
      void queries.invalidateQueries({ queryKey: previewsKey });
    },
  });
}

const webhookCheckKey = (projectId: string) => [...webhookChecksKey, projectId];

/** Not refreshed by itself, because RevenueCat accepts 60 of these requests a minute. */
export function useWebhookCheck(projectId: string) {
  return useQuery({
    queryKey: webhookCheckKey(projectId),
    queryFn: () => get<WebhookCheck>(`integrations/${projectId}/revenuecat-webhooks`),
    staleTime: 60_000,
    refetchOnWindowFocus: false,
    retry: false,
  });
}

/** Changes a webhook in RevenueCat, announces it, and shows the webhooks after the change. */
export function useWebhookChange(projectId: string, change: () => Promise<WebhookCheck>, message: string) {
  const queries = useQueryClient();
  return useMutation<WebhookCheck, Error, unknown>({
    mutationFn: change,
    onSuccess: (check) => {
      announce(message);
      queries.setQueryData(webhookCheckKey(projectId), check);
      return queries.invalidateQueries({ queryKey: integrationsKey });
    },
  });
}
