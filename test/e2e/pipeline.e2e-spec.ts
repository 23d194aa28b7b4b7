import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Receipt } from '@app/delivery';
import { headerNames } from '@app/kafka';
import { RunningPipeline } from './running-pipeline';

const seedCase = readFileSync(
  path.join(__dirname, '../../libs/testing/fixtures/webhooks/seed-initial-purchase-sandbox.json'),
  'utf8',
);

function withFields(text: string, fields: Record<string, unknown>): string {
  const { api_version, event } = JSON.parse(text) as { api_version: string; event: Record<string, unknown> };
  return JSON.stringify({ api_version, event: { ...event, ...fields } });
}

const purchase = (id: string, fields: Record<string, unknown> = {}): string =>
  withFields(seedCase, { id, app_user_id: id, original_app_user_id: id, aliases: [id], ...fields });

describe.each(['revenuecat', 'log_event'])('the pipeline in format %s', (format) => {
  let pipeline: RunningPipeline;

  beforeAll(async () => {
    pipeline = await RunningPipeline.start({
      STATSIG_FORMAT: format,
      DISPATCHER_RETRY_BASE_DELAY: '20ms',
      DISPATCHER_BREAKER_MAX_INTERVAL: '200ms',
    });
  });

  afterAll(async () => {
    await pipeline.stop();
  });

  afterEach(async () => {
    await pipeline.faults();
  });

  const receiptOf = async (eventId: string, outcome: Receipt['outcome']): Promise<Receipt | undefined> => {
    const isWanted = (receipt: Receipt): boolean =>
      receipt.eventId === eventId && receipt.outcome === outcome;
    return (await pipeline.receipts(isWanted)).find(isWanted);
  };

  it('delivers an event once that is sent fifty times at the same time, by webhook and to the topic', async () => {
    const text = withFields(seedCase, { id: `fifty-${format}` });
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        if (i % 2 === 0) expect((await pipeline.post(text)).status).toBe(200);
        else await pipeline.produce(text);
      }),
    );
    let duplicates = 0;
    await pipeline.receipts(({ eventId, outcome }) => {
      if (eventId === `fifty-${format}` && outcome === 'duplicate') duplicates += 1;
      return duplicates === 49;
    });
    const events = await pipeline.statsigEvents(`id=fifty-${format}`);
    expect(events).toHaveLength(1);
    if (format === 'revenuecat') expect(events[0]?.body).toEqual(JSON.parse(text));
    expect(await receiptOf(`fifty-${format}`, 'delivered')).toMatchObject({
      type: 'INITIAL_PURCHASE',
      attempt: 1,
      status: format === 'revenuecat' ? 200 : 202,
    });
  });

  it('accepts a byte order mark and a line break around an event, and removes the mark', async () => {
    const id = `marked-${format}`;
    const text = purchase(id);
    expect((await pipeline.post(`\ufeff${text}\r\n`)).status).toBe(200);
    await receiptOf(id, 'delivered');
    const [event] = await pipeline.statsigEvents(`id=${id}`);
    expect(event?.rawBody).toMatch(/^\{[^]*\}\s*$/);
    expect(event?.rawBody).not.toContain('\ufeff');
    if (format === 'revenuecat') expect(event?.body).toEqual(JSON.parse(text));
  });

  it('recognizes a duplicate by its id alone, whatever it contains', async () => {
    const id = `other-content-${format}`;
    await pipeline.post(purchase(id, { price: 4.99 }));
    await receiptOf(id, 'delivered');
    await pipeline.post(purchase(id, { price: 99, aliases: [id, 'another-customer'] }));
    await receiptOf(id, 'duplicate');
    const events = await pipeline.statsigEvents(`id=${id}`);
    expect(events).toHaveLength(1);
    expect(events[0]?.rawBody).toContain('4.99');
  });

  it("keeps one customer's events in order", async () => {
    const ids = Array.from({ length: 40 }, (_, i) => `ordered-${format}-${String(i)}`);
    const customer = { app_user_id: 'orderly', original_app_user_id: 'orderly', aliases: [] };
    for (const id of ids) await pipeline.produce(purchase(id, customer), 'orderly');
    await receiptOf(ids.at(-1) ?? '', 'delivered');
    const arrived = (await pipeline.statsigEvents('userId=orderly')).map(({ id }) => id);
    expect(arrived).toEqual(ids);
  });

  it('keeps events with the same timestamp in the order in which they were accepted', async () => {
    const customer = {
      app_user_id: `at-once-${format}`,
      original_app_user_id: `at-once-${format}`,
      aliases: [],
    };
    const ids = ['INITIAL_PURCHASE', 'RENEWAL', 'CANCELLATION'].map((type) => `at-once-${format}-${type}`);
    await Promise.all(
      ids.map((id) => pipeline.post(purchase(id, { ...customer, type: id.split('-').at(-1) }))),
    );
    await pipeline.receiptsOf(ids, 'delivered');
    const { names } = pipeline.topics;
    const accepted: string[] = [];
    await pipeline.topics.readUntil(names.events, ({ headers }) => {
      const id = headers[headerNames.eventId] ?? '';
      if (ids.includes(id)) accepted.push(id);
      return accepted.length === ids.length;
    });
    const arrived = (await pipeline.statsigEvents(`userId=${customer.app_user_id}`)).map(({ id }) => id);
    expect(arrived).toEqual(accepted);
  });

  it('dead-letters a record without an event, and continues', async () => {
    await pipeline.produce('not an event', 'key', { 'x-mine': 'kept' });
    const letter = await pipeline.topics.find(
      pipeline.topics.names.eventsDeadLetter,
      ({ value }) => value?.toString() === 'not an event',
    );
    expect(letter.key?.toString()).toBe('key');
    expect(letter.headers).toMatchObject({
      'x-mine': 'kept',
      [headerNames.deadLetterReason]: 'not_json',
      [headerNames.deadLetterStage]: 'mapper',
      [headerNames.deadLetterTopic]: pipeline.topics.names.events,
    });
    await pipeline.post(purchase(`after-nonsense-${format}`));
    await receiptOf(`after-nonsense-${format}`, 'delivered');
  });

  it('dead-letters a delivery that Statsig rejects, with the reason, and delivers the others', async () => {
    const bad = `bad-${format}`;
    await pipeline.faults({ kind: 'status', status: 400, match: { eventId: bad } });
    const ids = [`before-${bad}`, bad, `behind-${bad}`];
    for (const id of ids) await pipeline.post(purchase(id));
    expect(await receiptOf(bad, 'dead_lettered')).toMatchObject({ reason: 'statsig_400', status: 400 });
    await receiptOf(`before-${bad}`, 'delivered');
    await receiptOf(`behind-${bad}`, 'delivered');
    const letter = await pipeline.topics.find(
      pipeline.topics.names.deliveriesDeadLetter,
      ({ headers }) => headers[headerNames.eventId] === bad,
    );
    expect(letter.headers[headerNames.deadLetterReason]).toBe('statsig_400');
    expect(await pipeline.statsigEvents(`id=${bad}`)).toEqual([]);
  });

  it('retries while Statsig fails, and reports each attempt', async () => {
    await pipeline.faults({ kind: 'status', status: 503, times: 3 });
    const id = `patient-${format}`;
    await pipeline.post(purchase(id));
    expect(await receiptOf(id, 'retrying')).toMatchObject({ reason: 'statsig_503', attempt: 1 });
    expect(await receiptOf(id, 'delivered')).toMatchObject({ attempt: 4 });
    expect(await pipeline.statsigRepeats()).toEqual({});
  });

  it('reports why an event is not sent', async () => {
    const id = `test-${format}`;
    await pipeline.post(purchase(id, { type: 'TEST' }));
    expect(await receiptOf(id, 'filtered')).toMatchObject({ reason: 'type_not_selected' });
  });
});
