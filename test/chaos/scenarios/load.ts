import { type ProducedRecord } from '@app/kafka';
import { seededRandom } from '../../../apps/statsig-simulator/src/faults/seeded-random';
import { withPipeline } from '../chaos-pipeline';
import { outcome, type Scenario } from '../scenario';

export const steadyLoad: Scenario = {
  name: 'steady load',
  run: (settings) =>
    withPipeline(settings, {}, async (pipeline) => {
      await pipeline.dispatchers.scaleTo(2);
      await pipeline.produce();
      return outcome(await pipeline.drain());
    }),
};

export const triplicatedEvents: Scenario = {
  name: 'every event three times, shuffled, by two producers',
  isShort: true,
  run: (settings) =>
    withPipeline(settings, {}, async (pipeline) => {
      await pipeline.dispatchers.scaleTo(2);
      const all = [...pipeline.deliveries({ events: settings.events })];
      for (const { headers } of all) pipeline.expected.add(headers?.['event-id'] ?? '');
      const copies = withCopies(all, seededRandom(settings.seed));
      const half = Math.ceil(copies.length / 2);
      // All copies for one customer go through one producer, because there is no order between producers.
      const [first, second] = [0, 1].map((which) =>
        copies.filter(({ key }) => String(key).charCodeAt(String(key).length - 1) % 2 === which),
      );
      await Promise.all([pipeline.write(first ?? []), pipeline.write(second ?? [])]);
      const result = await pipeline.drain();
      return outcome(result, { notes: [`${String(copies.length)} records, ${String(half)} each`] });
    }),
};

/** Adds two copies of each record at random positions after it. The first copies keep their order. */
function withCopies(records: readonly ProducedRecord[], random: () => number): ProducedRecord[] {
  const placed = records.flatMap((record, i) => {
    const later = (): number => i + random() * (records.length - i);
    return [
      { at: i, record },
      { at: later(), record },
      { at: later(), record },
    ];
  });
  return placed.sort((a, b) => a.at - b.at).map(({ record }) => record);
}
