import { isDeepStrictEqual } from 'node:util';
import { type Receipt } from '@app/delivery';
import { type IntegrationInput } from '@app/integrations';
import { allEnded } from '../under-load';
import { type ChaosPipeline, pause } from '../chaos-pipeline';
import { outcome, type Scenario } from '../scenario';
import { uniqueProject, withIntegrations } from '../scenario-integrations';
import { type RecordedEvent } from '../statsig-record';
import { eventId } from '../traffic';

const prefix = 'e';
const secrets = { serverSecret: 'secret-of-production', sandboxServerSecret: 'secret-of-the-sandbox' };

const settingsOf = (projectId: string): IntegrationInput => ({
  ...secrets,
  projectId,
  format: 'log_event',
  eventNames: 'lifecycle',
  revenue: 'after_commission',
  includeSandbox: true,
  userIdAttribute: 'account',
  userProperties: ['status', 'entitlements'],
  filters: { products: { exclude: ['*.coins'] } },
});

/** What happens to each customer in turn, and what Statsig must receive of it; nothing of what the filter filters out. */
const turns: readonly { fields: object; sent?: { name: string; value: number } }[] = [
  {
    fields: { type: 'INITIAL_PURCHASE', period_type: 'TRIAL', price: 0 },
    sent: { name: 'rc_trial_started_event', value: 0 },
  },
  { fields: { is_trial_conversion: true }, sent: { name: 'rc_trial_converted_event', value: 8.4915 } },
  { fields: { type: 'NON_RENEWING_PURCHASE', product_id: 'com.lantern.coins', price: 1.99 } },
  { fields: {}, sent: { name: 'rc_renewal_event', value: 8.4915 } },
  {
    fields: { type: 'CANCELLATION', cancel_reason: 'CUSTOMER_SUPPORT', price: -9.99 },
    sent: { name: 'rc_refund_event', value: -8.4915 },
  },
  {
    fields: { type: 'EXPIRATION', expiration_reason: 'UNSUBSCRIBE', price: 0 },
    sent: { name: 'rc_expiration_unsubscribe_event', value: 0 },
  },
];

const turnOf = (turn: number) => turns[turn % turns.length];
const isSandbox = (customer: number): boolean => customer % 10 === 0;

/** Only the first event of a customer has the attribute, so the others need the profile. */
function fieldsOf(customer: number, turn: number): object {
  const account = { account: { value: `account-${String(customer)}`, updated_at_ms: 1_700_000_000_000 } };
  return {
    environment: isSandbox(customer) ? 'SANDBOX' : 'PRODUCTION',
    period_type: 'NORMAL',
    commission_percentage: 0.15,
    original_transaction_id: `t${String(customer)}`,
    entitlement_ids: ['plus'],
    expiration_at_ms: Date.now() + 86_400_000,
    subscriber_attributes: turn === 0 ? account : {},
    ...turnOf(turn)?.fields,
  };
}

export const settingsUnderKills: Scenario = {
  name: 'lifecycle names, commission, filter, users by attribute, sandbox secret; mappers killed, dispatchers restarted',
  isShort: true,
  run: (settings) =>
    withIntegrations(settings, {}, async (pipeline, integrations) => {
      const projectId = uniqueProject('settings');
      await integrations.save(settingsOf(projectId));
      await pipeline.statsig.keys(...Object.values(secrets));
      await pipeline.statsig.faults({ kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } });
      await pipeline.startApps();
      const overMs = settings.isShort ? 10_000 : 30_000;
      const perSecond = settings.events / (overMs / 1_000);
      await allEnded(disturb(pipeline, overMs), pipeline.post({ projectId, perSecond, prefix, fieldsOf }));

      const sent = expectOnlySent(pipeline, settings.customers);
      const result = await pipeline.drain();
      return outcome(result, {
        notes: [`2 mappers killed, 2 dispatchers restarted; ${String(sent.size)} events sent`],
        failures: [
          ...wrongEvents(await pipeline.statsig.events(), sent),
          ...wrongReceipts(await pipeline.receipts()),
        ],
      });
    }),
};

async function disturb({ mappers, dispatchers }: ChaosPipeline, overMs: number): Promise<void> {
  for (const [mapper, dispatcher] of [
    [mappers.all[0], dispatchers.all[0]],
    [mappers.all[1], dispatchers.all[1]],
  ]) {
    await pause(overMs / 5);
    await mappers.kill(mapper);
    await pause(overMs / 5);
    await dispatchers.terminate(dispatcher);
    await dispatchers.start();
  }
}

interface SentEvent {
  userId: string;
  name: string;
  value: number;
  environment: string;
}

/** What Statsig must receive, by event id. Removes from the expected events what the filter filters out. */
function expectOnlySent({ expected, settings }: ChaosPipeline, customers: number): Map<string, SentEvent> {
  const sent = new Map<string, SentEvent>();
  for (let n = 0; n < settings.events; n++) {
    const customer = n % customers;
    const turn = Math.floor(n / customers);
    const id = eventId(prefix, customer, turn);
    const event = turnOf(turn)?.sent;
    if (event === undefined) expected.delete(id);
    else
      sent.set(id, { ...event, userId: `account-${String(customer)}`, environment: environmentOf(customer) });
  }
  return sent;
}

/** The tier in Statsig. */
const environmentOf = (customer: number): string => (isSandbox(customer) ? 'development' : 'production');

function wrongEvents(received: readonly RecordedEvent[], sent: ReadonlyMap<string, SentEvent>): string[] {
  const wrong = received.filter(({ id, userId, name, value, environment }) => {
    return !isDeepStrictEqual(sent.get(id), { name, value, userId, environment });
  });
  const [first] = wrong;
  if (first === undefined) return [];
  return [
    `${String(wrong.length)} events are wrong, for example ${JSON.stringify(first)} instead of ${JSON.stringify(sent.get(first.id))}`,
  ];
}

function wrongReceipts(receipts: readonly Receipt[]): string[] {
  const wrong = receipts.filter(({ eventId: id, outcome: result, sandboxSecret = false, identity, rule }) => {
    if (result === 'filtered') return rule !== 'products.exclude "*.coins"';
    if (result !== 'delivered') return false;
    return identity !== 'attribute' || sandboxSecret !== isSandbox(Number(id.slice(1).split('-')[0]));
  });
  return wrong.length === 0
    ? []
    : [`${String(wrong.length)} receipts are wrong, for example ${JSON.stringify(wrong[0])}`];
}
