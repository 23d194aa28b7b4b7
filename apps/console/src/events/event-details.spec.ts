import { type ConsumedRecord } from '@app/kafka';
import { emptyModel } from '../../test/empty-model';
import { Records, topics } from '../../test/records';
import { EventDetails } from './event-details';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const otherTraceId = '0af7651916cd43dd8448eb211c80319c';
const config = { CONSOLE_TRACE_URL: 'https://tempo.example.com/trace/{traceId}?from={traceId}' };

describe('the trace of an event', () => {
  const r = new Records();
  const received = { ...r.event('e1'), headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } };
  const traceOf = (records: readonly ConsumedRecord[], settings?: typeof config) => {
    const model = emptyModel();
    for (const record of records) model.apply(record.topic, record.partition, [record]);
    const detail = new EventDetails(model, settings).find('default', 'e1');
    return { traceId: detail?.traceId, traceUrl: detail?.traceUrl };
  };

  it('is that of its newest receipt, with a link if the address of traces is set', () => {
    const receipts = [
      r.receipt('e1', { outcome: 'retrying', traceId, atMs: 1_000 }),
      r.receipt('e1', { outcome: 'delivered', traceId: otherTraceId, atMs: 3_000 }),
      r.receipt('e1', { outcome: 'retrying', attempt: 2, atMs: 4_000 }),
    ];
    expect(traceOf([received, ...receipts], config)).toEqual({
      traceId: otherTraceId,
      traceUrl: `https://tempo.example.com/trace/${otherTraceId}?from=${otherTraceId}`,
    });
  });

  it('is that of the received event while it has no receipt', () => {
    expect(traceOf([received])).toEqual({ traceId, traceUrl: null });
  });

  it('is absent if the event has none, or if a receipt has an invalid id', () => {
    const value = { ...JSON.parse(String(r.receipt('e1', { outcome: 'delivered' }).value)) } as object;
    const receipt = r.record(topics.receipts, JSON.stringify({ ...value, traceId: '"><script>' }));
    expect(traceOf([r.event('e1'), receipt], config)).toEqual({ traceId: null, traceUrl: null });
  });
});

it('reports what identified the user in Statsig, unless another version wrote something unknown', () => {
  const r = new Records();
  const model = emptyModel();
  const receipt = r.receipt('e1', { outcome: 'delivered', identity: 'attribute' });
  const value = JSON.parse(String(receipt.value)) as Record<string, unknown>;
  const later = { ...value, attempt: 2, identity: 'of_another_version' };
  const records = [r.event('e1'), receipt, r.record(topics.receipts, JSON.stringify(later))];
  for (const record of records) model.apply(record.topic, record.partition, [record]);
  const attempts = new EventDetails(model).find('default', 'e1')?.attemptLog;
  expect(attempts?.map(({ identity }) => identity)).toEqual(['attribute', null]);
});

it('reports the filter that left an event out, and what identifies the user in a delivery that waits', () => {
  const r = new Records();
  const model = emptyModel();
  const rule = 'products.exclude "plus.*"';
  const filtered = r.receipt('e1', { outcome: 'filtered', reason: 'filtered_by_rule', rule, attempt: 0 });
  for (const record of [r.event('e1'), filtered, r.event('e2'), r.delivery('e2')])
    model.apply(record.topic, record.partition, [record]);
  const details = new EventDetails(model);
  expect(details.find('default', 'e1')?.attemptLog).toMatchObject([{ reason: 'filtered_by_rule', rule }]);
  expect(details.find('default', 'e2')?.deliveries).toMatchObject([{ identity: 'app_user_id' }]);
});
