import { type ConsumedRecord, type ProducedRecord } from '@app/kafka';
import { startSpan, traceHeaders } from '@app/platform';
import { RecordedSpans } from '@app/testing';
import { anIntegration, eventBody } from '../../../libs/mapping/test/mapping.builder';
import { batchOf, eventRecord, portsWith, profiles, topics } from '../test/stage.builder';
import { mapBatch } from './mapper.stage';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: 'vendor=1' };
const integrations = {
  whenAny: () => Promise.resolve(true),
  refresh: () => Promise.resolve(),
  find: (projectId: string) => ({ kind: 'ready' as const, integration: anIntegration({ projectId }) }),
};

/** Maps one record, with a span if tracing is on, and returns what is written, with receipts parsed. */
async function map(value: unknown): Promise<{
  record: ConsumedRecord;
  deliveries: ProducedRecord[];
  deadLetters: ProducedRecord[];
  receipts: unknown[];
}> {
  const ports = portsWith({ profiles, integrations });
  const batch = batchOf([eventRecord(value, { headers })]);
  const [record] = batch.records;
  if (record === undefined) throw new Error('the batch is empty');
  record.span = startSpan('process', () => ({}), { headers: record.headers });
  await mapBatch(batch, ports);
  record.span?.end();
  const to = (topic: string): ProducedRecord[] => ports.written.filter((one) => one.topic === topic);
  return {
    record,
    deliveries: ports.written.filter(({ topic }) => topic.startsWith(topics.deliveriesPrefix)),
    deadLetters: to(topics.eventsDeadLetter),
    receipts: to(topics.receipts).map((one) => JSON.parse(String(one.value)) as unknown),
  };
}

describe('a mapped event', () => {
  let spans: RecordedSpans;

  beforeEach(() => {
    spans = RecordedSpans.start();
  });

  afterEach(() => {
    spans.stop();
  });

  it('has its ids and outcome in its span, which its delivery continues', async () => {
    const { record, deliveries } = await map(eventBody({ id: 'e1', type: 'INITIAL_PURCHASE' }));
    expect(deliveries.map((one) => one.headers)).toEqual([
      expect.objectContaining(traceHeaders({}, record.span)),
    ]);
    expect(spans.only('process').attributes).toEqual({
      'revenuecat.event.id': 'e1',
      'revenuecat.event.type': 'INITIAL_PURCHASE',
      'rcstatsig.project.id': 'default',
      'rcstatsig.outcome': ['mapped'],
      'rcstatsig.reason': [],
    });
  });

  it('has the reason in its span if it is not mapped, and its receipt has the trace id', async () => {
    const { receipts } = await map(eventBody({ id: 'e1', environment: 'SANDBOX' }));
    expect(receipts).toMatchObject([{ outcome: 'filtered', traceId }]);
    expect(spans.only('process').attributes).toMatchObject({
      'rcstatsig.outcome': ['filtered'],
      'rcstatsig.reason': ['sandbox_excluded'],
    });
  });

  it('continues its trace in its dead letter, whose span has nothing of the record', async () => {
    const { record, deadLetters } = await map(Buffer.from('{"email":"ann@example.com"'));
    expect(deadLetters[0]?.headers).toMatchObject(traceHeaders({}, record.span));
    expect(JSON.stringify(spans.only('process').attributes)).not.toContain('ann');
  });

  it('keeps the trace that it arrived with while tracing is off', async () => {
    spans.stop();
    const { deliveries } = await map(eventBody({ id: 'e1' }));
    expect(deliveries.map((one) => one.headers)).toEqual([expect.objectContaining(headers)]);
    const { receipts } = await map(eventBody({ id: 'e2', environment: 'SANDBOX' }));
    expect(receipts).toMatchObject([{ traceId }]);
    expect(spans.all).toEqual([]);
  });
});
