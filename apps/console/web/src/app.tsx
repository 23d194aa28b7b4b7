import { Center, Loader } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Route, Routes } from 'react-router';
import { useSession } from './api/session';
import { AuditPage } from './audit/audit-page';
import { CustomerPage } from './customers/customer-page';
import { CustomersPage } from './customers/customers-page';
import { DeadLettersPage } from './dead-letters/dead-letters-page';
import { EventsPage } from './events/events-page';
import { EditIntegrationPage } from './integrations/edit-integration-page';
import { IntegrationsPage } from './integrations/integrations-page';
import { NewIntegrationPage } from './integrations/new-integration-page';
import { Shell } from './layout/shell';
import { Empty } from './shared/empty';
import { NotificationsPage } from './notifications/notifications-page';
import { ErrorAlert } from './shared/error-alert';
import { SignInPage } from './sign-in/sign-in-page';

/** Loaded lazily, so that other pages do not wait for the charts. */
const OverviewPage = lazy(() =>
  import('./overview/overview-page').then((file) => ({ default: file.OverviewPage })),
);

export function App() {
  const session = useSession();
  if (session.isPending) {
    return (
      <Center component="main" h="100vh">
        <Loader aria-label="Loading" />
      </Center>
    );
  }
  if (session.isError) return <ErrorAlert error={session.error} onRetry={() => void session.refetch()} />;
  if (!session.data.isSignedIn) return <SignInPage />;
  return (
    <Shell session={session.data}>
      <Suspense fallback={<Loader aria-label="Loading" />}>
        <Routes>
          <Route path="/" element={<OverviewPage />} />
          <Route path="/integrations" element={<IntegrationsPage />} />
          <Route path="/integrations/new" element={<NewIntegrationPage />} />
          <Route path="/integrations/:projectId" element={<EditIntegrationPage />} />
          <Route path="/customers" element={<CustomersPage />} />
          <Route path="/customers/profile" element={<CustomerPage />} />
          <Route path="/events" element={<EventsPage />} />
          <Route path="/dead-letters" element={<DeadLettersPage />} />
          <Route path="/notifications" element={<NotificationsPage />} />
          <Route path="/audit" element={<AuditPage />} />
          <Route path="*" element={<Empty title="Page not found">Choose a page on the left.</Empty>} />
        </Routes>
      </Suspense>
    </Shell>
  );
}
