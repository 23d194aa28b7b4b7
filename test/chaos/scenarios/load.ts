import { type ProducedRecord } from '@app/kafka';
import { inArena } from '../arena';
import { outcome, type Scenario } from '../scenario';
import { seededRandom } from '../seeded-random';

export const steadyLoad: Scenario = {
  name: 'steady load',
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      await arena.dispatchers.scaleTo(2);
      await arena.produce();
      return outcome(await arena.settled());
    }),
};

export const everythingThrice: Scenario = {
  name: 'every event three times, shuffled, by two producers',
  isShort: true,
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      await arena.dispatchers.scaleTo(2);
      const all = [...arena.deliveries({ events: settings.events })];
      for (const { headers } of all) arena.expected.add(headers?.['event-id'] ?? '');
      const copies = withCopies(all, seededRandom(settings.seed));
      const half = Math.ceil(copies.length / 2);
      // Of one customer, all copies go through one producer: what two producers send has no order between them.
      const [first, second] = [0, 1].map((which) =>
        copies.filter(({ key }) => String(key).charCodeAt(String(key).length - 1) % 2 === which),
      );
      await Promise.all([arena.write(first ?? []), arena.write(second ?? [])]);
      const tally = await arena.settled();
      return outcome(tally, { notes: [`${String(copies.length)} records, ${String(half)} each`] });
    }),
};

/** Each record twice more, anywhere after its first time: the first times keep their order. */
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
