import { loggerInto } from '@app/testing';
import { pendingDelivery, type TestDelivery } from '../test/deliveries';
import { logBatch } from './delivery-log';

const traceId = (n: number): string => n.toString(16).padStart(32, '0');

function delivered(name: string, n: number): TestDelivery {
  const delivery = pendingDelivery(name);
  const traceparent = `00-${traceId(n)}-00f067aa0ba902b7-01`;
  return {
    ...delivery,
    record: { ...delivery.record, headers: { traceparent } },
    progress: { ...delivery.progress, attempts: 2 },
    result: { outcome: 'delivered', status: 200 },
  };
}

function linesOf(level: string, deliveries: readonly TestDelivery[], invalid = 0): Record<string, unknown>[] {
  const lines: string[] = [];
  const batch = { topic: 'statsig.deliveries.acme', partition: 3 };
  logBatch(loggerInto(lines, level), 'acme', batch, {
    deliveries,
    invalid,
    startedMs: performance.now(),
  });
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the line of a finished batch', () => {
  it('has the counts of the batch, and the age of its oldest event', () => {
    const rejected = { ...delivered('bob/1', 2), result: { outcome: 'dead_lettered', reason: 'statsig_400', status: 400 } } as const; // prettier-ignore
    const left = { ...delivered('cy/1', 3), result: undefined };
    const [line] = linesOf('info', [delivered('ann/1', 1), rejected, left], 1);
    expect(line).toMatchObject({
      msg: 'delivery batch finished',
      projectId: 'acme',
      topic: 'statsig.deliveries.acme',
      partition: 3,
      events: 3,
      invalid: 1,
      eventIds: ['ann/1', 'bob/1', 'cy/1'],
      trace_ids: [traceId(1), traceId(2), traceId(3)],
      outcomes: { delivered: 1, dead_lettered: 1, left: 1 },
      reasons: { statsig_400: 1 },
      statuses: { 200: 1, 400: 1 },
      attempts: 6,
    });
    expect(line?.['durationMs']).toBeLessThan(60_000);
    expect(line?.['oldestAgeMs']).toBeGreaterThan(1_000_000_000_000);
  });

  it('has at most ten ids', () => {
    const [line] = linesOf(
      'info',
      Array.from({ length: 1_000 }, (_, n) => delivered(`ann/${n}`, n + 1)),
    );
    expect(line).toMatchObject({ events: 1_000, eventIds: { length: 10 }, trace_ids: { length: 10 } });
  });

  it('is preceded by a line for each event at level debug, and absent at level warn', () => {
    expect(linesOf('debug', [delivered('ann/1', 1), delivered('bob/1', 2)]).slice(0, 2)).toMatchObject(
      ['ann/1', 'bob/1'].map((eventId, i) => ({
        msg: 'delivery finished',
        projectId: 'acme',
        eventId,
        outcome: 'delivered',
        status: 200,
        attempts: 2,
        trace_id: traceId(i + 1),
      })),
    );
    expect(linesOf('warn', [delivered('ann/1', 1)])).toEqual([]);
  });
});
