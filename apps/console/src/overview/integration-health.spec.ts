import { integrationSchema } from '@app/integrations';
import { emptyModel } from '../../test/empty-model';
import { Records, topics } from '../../test/records';
import { healthOf } from './integration-health';

const integration = integrationSchema.parse({ projectId: 'default', serverSecret: 'secret-of-the-test' });

it.each([
  [302, 'suspended'],
  [401, 'suspended'],
  [405, 'suspended'],
  [429, 'retrying'],
  [503, 'retrying'],
  [undefined, 'retrying'],
])('status %p of the last attempt means that the integration is %s', (status, state) => {
  const model = emptyModel();
  const r = new Records();
  model.apply(topics.events, 0, [r.event('e')]);
  model.apply(topics.receipts, 0, [r.receipt('e', { outcome: 'retrying', ...(status && { status }) })]);
  expect(healthOf(model.db, integration).state).toBe(state);
});

it("does not quote Statsig's response, which may contain personal data", () => {
  const model = emptyModel();
  const r = new Records();
  model.apply(topics.events, 0, [r.event('e')]);
  model.apply(topics.receipts, 0, [
    r.receipt('e', {
      outcome: 'retrying',
      status: 401,
      detail: 'Statsig responded with 401: ann@example.com',
    }),
  ]);
  expect(healthOf(model.db, integration).detail).toBe('Statsig responded with 401.');
});
