import { headerNames } from '@app/kafka';
import { until } from '@tools/stack';
import { RunningConsole } from '../../apps/console/test/running-console';
import { type Project, RunningPipeline, secretOf } from './running-pipeline';
import { ids, manyAttributes, renewal, renewals } from './renewals';

const patience = { timeoutMs: 30_000 };

/** Possible responses of a server that has accepted events. */
const acceptances = {
  'empty-body': { kind: 'status', status: 200, body: '', accepted: true },
  text: { kind: 'status', status: 200, body: 'OK', accepted: true },
  'no-content': { kind: 'status', status: 204, body: '', accepted: true },
  'other-json': { kind: 'status', status: 200, body: '{"ok":true}', accepted: true },
  html: { kind: 'garbage', accepted: true },
};
const rejections = Object.fromEntries(
  [400, 405, 411, 413, 415, 422, 431].map((status) => [String(status), { kind: 'status', status }]),
);

/** One project for each format and response, so that a response affects only its project. */
function projectsWith(responses: Readonly<Record<string, object>>) {
  return (['revenuecat', 'log_event'] as const).flatMap((format) =>
    Object.entries(responses).map(([name, rule]) => {
      const projectId = `${format}-${name}`;
      return { projectId, format, fault: { ...rule, match: { key: secretOf(projectId) } } };
    }),
  );
}
const accepting = projectsWith(acceptances);
const rejecting = projectsWith(rejections);

const day = 86_400_000;
const sandboxServerSecret = 'sandbox-secret-of-shaped';
/** An integration that changes names, values, users and secrets of its events, and leaves some out. */
const shaped: Project = {
  projectId: 'shaped',
  format: 'log_event',
  eventNames: 'lifecycle',
  revenue: 'after_commission',
  filters: { products: { exclude: ['com.example.tip.*'] } },
  ...{ includeSandbox: true, sandboxServerSecret },
  userIdAttribute: 'account',
  customIds: { transaction: 'original_transaction_id' },
  userProperties: ['status', 'entitlements', 'product', 'store'],
  partitions: 2,
};

/** A trial, its conversion and the refund of one customer, a tip, and a purchase in the sandbox. */
function storyOf(customer: string): { id: string; fields: Record<string, unknown> }[] {
  const atMs = Date.UTC(2026, 0, 2);
  const subscription = {
    ...{ product_id: 'com.example.pro', entitlement_ids: ['pro'], store: 'APP_STORE' },
    ...{ transaction_id: `${customer}-t`, original_transaction_id: `${customer}-o` },
    ...{ commission_percentage: 0.15, tax_percentage: 0.1, period_type: 'NORMAL' },
  };
  const at = (days: number, expiresAfter: number) => ({
    event_timestamp_ms: atMs + days * day,
    purchased_at_ms: atMs + days * day,
    expiration_at_ms: atMs + expiresAfter * day,
  });
  const account = { account: { value: `account of ${customer}`, updated_at_ms: atMs } };
  const trial = { type: 'INITIAL_PURCHASE', period_type: 'TRIAL', price: 0, ...at(0, 7) };
  const conversion = { type: 'RENEWAL', is_trial_conversion: true, price: 10, ...at(7, 37) };
  const refund = { type: 'CANCELLATION', cancel_reason: 'CUSTOMER_SUPPORT', price: -10, ...at(8, 8) };
  const tip = { type: 'NON_RENEWING_PURCHASE', price: 2, ...at(9, 9), product_id: 'com.example.tip.small' };
  const test = { type: 'INITIAL_PURCHASE', price: 10, ...at(9, 39), environment: 'SANDBOX' };
  return [
    { id: 'trial', fields: { ...subscription, ...trial, subscriber_attributes: account } },
    ...Object.entries({ conversion, refund, tip, test }).map(([id, fields]) => ({
      id,
      fields: { ...subscription, ...fields },
    })),
  ].map(({ id, fields }) => ({ id: `${customer}-${id}`, fields }));
}

describe('events that Statsig', () => {
  let pipeline: RunningPipeline;
  let topic: string;

  beforeAll(async () => {
    const projects = [...accepting, ...rejecting].map(({ projectId, format }) => ({
      ...{ projectId, format, partitions: 2 },
    }));
    pipeline = await RunningPipeline.start(
      {
        DISPATCHER_SUSPENSION_MAX_INTERVAL: '200ms',
        DISPATCHER_RETRY_BASE_DELAY: '20ms',
        SIMULATOR_MAX_BODY_BYTES: '200000',
      },
      [...projects, { projectId: 'large', format: 'log_event' }, { projectId: 'redriven' }, shaped],
    );
    topic = pipeline.topics.names.events;
  });

  afterAll(async () => {
    expect(await pipeline.statsigRepeats()).toEqual({});
    await pipeline.stop();
  });

  afterEach(() => pipeline.faults());

  it('accepts with a 2xx and any or no body are sent once', async () => {
    const eventsOf = (projectId: string): string[] => ids(`accepted-${projectId}`, 3);
    const sent = accepting.flatMap(({ projectId }) => eventsOf(projectId));
    await pipeline.faults(...accepting.map(({ fault }) => fault));
    await pipeline.producer.send(
      accepting.flatMap(({ projectId }) => renewals(topic, projectId, eventsOf(projectId), 1)),
    );
    const receipts = await pipeline.receiptsOf(sent, 'delivered');
    expect(receipts.filter(({ outcome, attempt }) => outcome !== 'delivered' || attempt !== 1)).toEqual([]);
    const arrived = (await pipeline.statsigEvents('summary=true')).map(({ id }) => id);
    expect(arrived.filter((id) => id.startsWith('accepted-')).sort()).toEqual(sent.sort());
  });

  it('rejects without exception cause a few dead letters, and the others are delivered later, in order', async () => {
    const customers = 6;
    const eventsOf = (projectId: string): string[] => ids(`rejected-${projectId}`, 60);
    await pipeline.faults(...rejecting.map(({ fault }) => fault));
    await pipeline.producer.send(
      rejecting.flatMap(({ projectId }) => renewals(topic, projectId, eventsOf(projectId), customers)),
    );
    // Enough rejections to suspend every integration, and to probe it afterwards.
    await until(async () => {
      expect(Math.min(...(await pipeline.faultCounts()))).toBeGreaterThan(25);
    }, patience);
    await pipeline.faults();

    const sent = rejecting.flatMap(({ projectId }) => eventsOf(projectId));
    const receipts = await pipeline.receiptsOf(sent, 'delivered', 'dead_lettered');
    const arrived = await pipeline.statsigEvents('summary=true');
    for (const { projectId } of rejecting) {
      const deadLetters = receipts
        .filter((receipt) => receipt.projectId === projectId && receipt.outcome === 'dead_lettered')
        .map(({ eventId }) => eventId);
      expect(deadLetters.length).toBeLessThanOrEqual(20);
      for (let n = 0; n < customers; n++) {
        const ofCustomer = arrived.filter(({ userId }) => userId === `${projectId}-user-${n}`);
        expect(ofCustomer.map(({ id }) => id)).toEqual(
          eventsOf(projectId).filter((id, i) => i % customers === n && !deadLetters.includes(id)),
        );
      }
    }
  });

  it('rejects in a request that is too large are delivered once in smaller requests', async () => {
    const tooLarge = async (): Promise<number> => (await pipeline.statsigCounts()).responses['413'] ?? 0;
    const before = await tooLarge();
    const sent = ids('large', 500);
    await pipeline.producer.send(renewals(topic, 'large', sent, 500, manyAttributes));
    const receipts = await pipeline.receiptsOf(sent, 'delivered', 'dead_lettered');
    const ofProject = receipts.filter(({ projectId }) => projectId === 'large');
    expect(ofProject.filter(({ outcome }) => outcome === 'dead_lettered')).toEqual([]);
    const arrived = (await pipeline.statsigEvents('summary=true')).map(({ id }) => id);
    expect(arrived.filter((id) => id.startsWith('large-')).sort()).toEqual(sent.sort());
    expect(await tooLarge()).toBeGreaterThan(before);
  });

  it('rejects at times, while apps restart, have the names, values and users of the integration, and its secrets', async () => {
    const { projectId } = shaped;
    const customers = ids('shaped', 6);
    const key = secretOf(projectId);
    await pipeline.faults(
      { kind: 'status', status: 401, match: { key: sandboxServerSecret } },
      { kind: 'status', status: 503, probability: 0.3, match: { key } },
      { kind: 'reset', probability: 0.2, match: { key } },
    );
    const events = customers.flatMap((customer) =>
      storyOf(customer).map(({ id, fields }) => ({
        ...{ topic, key: `${projectId}:${customer}`, value: renewal(id, customer, fields) },
        headers: { [headerNames.projectId]: projectId },
      })),
    );
    const [earlier, later] = [events.slice(0, events.length / 2), events.slice(events.length / 2)];
    await pipeline.producer.send(earlier);
    for (const app of ['mapper', 'dispatcher'] as const) {
      await pipeline.stopApp(app);
      if (app === 'mapper') await pipeline.producer.send(later);
      await pipeline.startApp(app);
    }
    const idsOf = (...names: string[]): string[] =>
      customers.flatMap((customer) => names.map((name) => `${customer}-${name}`));
    const sent = idsOf('trial', 'conversion', 'refund');
    const receipts = [
      ...(await pipeline.receiptsOf(sent, 'delivered', 'dead_lettered')),
      ...(await pipeline.receiptsOf(idsOf('tip'), 'filtered')),
      ...(await pipeline.receiptsOf(idsOf('test'), 'delivered', 'dead_lettered')),
    ];
    const outcomesOf = (...names: string[]) =>
      new Set(
        receipts
          .filter(({ eventId, outcome }) => idsOf(...names).includes(eventId) && outcome !== 'retrying')
          .map(({ outcome, reason, rule }) => [outcome, reason, rule].join(' ').trim()),
      );
    expect(outcomesOf('trial', 'conversion', 'refund')).toEqual(new Set(['delivered']));
    expect(outcomesOf('tip')).toEqual(
      new Set(['filtered filtered_by_rule products.exclude "com.example.tip.*"']),
    );
    expect(outcomesOf('test')).toEqual(new Set(['dead_lettered sandbox_secret_rejected']));

    for (const customer of customers) {
      const userID = `account of ${customer}`;
      const seen = await pipeline.statsigEvents(`userId=${encodeURIComponent(userID)}`);
      const user = (status: string) => ({
        ...{ userID, customIDs: { transaction: `${customer}-o` } },
        custom: { rc_subscription_status: status, rc_product_id: 'com.example.pro', rc_store: 'APP_STORE' },
      });
      expect(seen.map(({ event }) => event)).toMatchObject([
        { eventName: 'rc_trial_started_event', value: 0, user: user('trial') },
        { eventName: 'rc_trial_converted_event', value: 8.5, user: user('active') },
        { eventName: 'rc_refund_event', value: -8.5, user: user('expired') },
      ]);
    }
  });

  it('rejected twice are delivered once if both dead letters are redriven together, which closes both', async () => {
    const id = 'rejected-twice';
    // No other test uses this status.
    const status = 409;
    const group = { source: 'deliveries', stage: 'dispatcher', reason: `statsig_${status}` };
    const opened = await RunningConsole.start(pipeline.topics.prefix, pipeline.env);
    /** Resolves when this many dead letters are open, and this one is not. */
    const untilOpen = (count: number, closed = 0) =>
      until(async () => {
        const found = await opened.get(`dead-letters?${new URLSearchParams(group).toString()}`);
        const { deadLetters } = (await found.json()) as { deadLetters: { id: number }[] };
        const open = deadLetters.map((deadLetter) => deadLetter.id);
        expect(open).toHaveLength(count);
        expect(open).not.toContain(closed);
        return open;
      }, patience);
    const redrive = async (total: number): Promise<void> => {
      const started = await opened.do('redrives', group);
      expect([started.status, await started.json()]).toMatchObject([202, { total }]);
    };
    try {
      await pipeline.faults({ kind: 'status', status, match: { eventId: id } });
      await pipeline.post(renewal(id, 'rejected'), 'redriven');
      const [first = 0] = await untilOpen(1);
      await redrive(1);
      await untilOpen(1, first);
      // RevenueCat repeats the webhook in the meantime.
      await pipeline.post(renewal(id, 'rejected'), 'redriven');
      await untilOpen(2);

      await pipeline.faults();
      await redrive(2);
      await untilOpen(0);
      await pipeline.receiptsOf([id], 'delivered');
      const receipts = await pipeline.receiptsOf([id], 'duplicate');
      const outcomes = receipts.filter(({ eventId }) => eventId === id).map(({ outcome }) => outcome);
      expect(outcomes.sort()).toEqual([
        'dead_lettered',
        'dead_lettered',
        'dead_lettered',
        'delivered',
        'duplicate',
      ]);
      expect(await pipeline.statsigEvents(`id=${id}`)).toHaveLength(1);
    } finally {
      await opened.stop();
    }
  });
});
