import { emptyModel } from '../../test/empty-model';
import { Records, startMs, topics } from '../../test/records';
import { FlowOverTime } from './flow-over-time';

const minute = 60_000;
const ranges = [15 * minute, 60 * minute, 6 * 60 * minute, 24 * 60 * minute, 7 * 24 * 60 * minute];

describe('flow over time', () => {
  it.each(ranges)(
    'has the same total for a range of %i ms as for any other, in at most 100 points',
    (rangeMs) => {
      const model = emptyModel();
      const r = new Records();
      for (let i = 0; i < 10; i += 1) {
        model.apply(topics.receipts, 0, [
          r.receipt(`e${i}`, {
            outcome: 'delivered',
            atMs: startMs - i * minute,
            sinceReceivedMs: i < 9 ? 100 : 10_000,
          }),
        ]);
      }
      const flow = new FlowOverTime(model);
      const points = flow.flow(rangeMs, startMs);
      expect(points.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(10);
      expect(points.length).toBeLessThanOrEqual(100);
      const { whole } = flow.latency(rangeMs, startMs);
      // Accurate to the width of a bin.
      expect(whole.p50).toBeCloseTo(100, -1);
      expect(whole.p99).toBeGreaterThan(9_500);
    },
  );
});
