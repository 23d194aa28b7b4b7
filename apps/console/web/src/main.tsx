import { nonce } from './nonce';
import '@mantine/core/styles.css';
import '@mantine/charts/styles.css';
import '@mantine/notifications/styles.css';
import './page.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { isResponse, isSignedOut } from './api/client';
import { App } from './app';
import { sessionKey } from './api/session';
import { cssVariables, theme } from './theme';

const queries: QueryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      // Do not retry if the console has responded: it has waited for Redis or Kafka itself.
      retry: (failures, error) => !isResponse(error) && failures < 2,
    },
  },
  // When the session has ended, show the sign-in page.
  queryCache: new QueryCache({ onError: askForSession }),
  mutationCache: new MutationCache({ onError: askForSession }),
});

function askForSession(error: Error): void {
  if (isSignedOut(error)) void queries.invalidateQueries({ queryKey: sessionKey });
}

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <Notifications position="top-right" />
      <QueryClientProvider client={queries}>
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
}
