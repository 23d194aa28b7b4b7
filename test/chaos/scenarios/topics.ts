import { deliveriesTopic } from '@app/kafka';
import { pause, statsigKey } from '../arena';
import { delays } from '../delays';
import { uniqueProject, withIntegrations } from '../kept-integrations';
import { outcome, type Scenario } from '../scenario';
import { allEnded } from '../under-load';

const partitionsAfterwards = 24;
/** Longer than brokers take to learn of a change. */
const knownMs = 1_000;
const maxDelayMs = 1_000;

export const partitionsAdded: Scenario = {
  name: 'partitions of the events topic and of two projects’ topics raised from 12 to 24, one project suspended',
  run: (settings) =>
    withIntegrations(settings, {}, async (arena, integrations) => {
      const { kafka, events } = settings;
      const suspended = uniqueProject('suspended');
      await integrations.save({
        projectId: suspended,
        serverSecret: 'suspended-secret',
        format: arena.format,
      });
      await arena.startPipeline();
      const quarter = { events: events / 4, perSecond: events / 4 / 20 };
      const postQuarter = (first: number): Promise<void> =>
        allEnded(
          arena.post({ ...quarter, first }),
          arena.post({ ...quarter, first, projectId: suspended, prefix: 'suspended-' }),
        );
      await postQuarter(0);
      // By the book: keys move to other partitions, so what was written before must have been read.
      await arena.mapped();
      const deliveries = [arena.projectId, suspended].map((id) => deliveriesTopic(arena.topics, id));
      for (const topic of [arena.topics.events, ...deliveries]) {
        await kafka.admin.addPartitions(topic, partitionsAfterwards);
      }
      await postQuarter(quarter.events);
      const early = (await arena.statsig.events()).filter(({ id }) => id.startsWith('suspended-')).length;
      await arena.statsig.keys(statsigKey, 'suspended-secret');
      return outcome(await arena.settled(), {
        failures: early === 0 ? [] : [`${String(early)} events were accepted with an unknown key`],
      });
    }),
};

export const topicDeleted: Scenario = {
  name: 'a project’s topic deleted by hand, with nothing left to deliver in it',
  run: (settings) =>
    withIntegrations(settings, {}, async (arena, integrations) => {
      const { kafka, events } = settings;
      const deleted = uniqueProject('deleted');
      await integrations.save({ projectId: deleted, serverSecret: 'deleted-secret', format: arena.format });
      await arena.statsig.keys(statsigKey, 'deleted-secret');
      await arena.startPipeline();
      const quarter = { events: events / 4, perSecond: events / 4 / 20 };
      const ofDeleted = { ...quarter, projectId: deleted, prefix: 'deleted-' };
      await arena.post({ ...quarter, events: events / 20, prefix: 'warm-' });
      await allEnded(arena.post({ ...quarter, prefix: 'calm-' }), arena.post(ofDeleted));
      // What a topic holds is gone with it: only what comes after the deletion can be expected.
      await arena.settled();
      const deletion = (async () => {
        await pause(5_000);
        await kafka.admin.deleteTopics([deliveriesTopic(arena.topics, deleted)]);
        await pause(knownMs);
        await arena.post({ ...ofDeleted, first: quarter.events });
      })();
      await allEnded(deletion, arena.post({ ...quarter, prefix: 'beside-', during: deletion }));
      const tally = await arena.settled();
      const receipts = await arena.receipts();
      const [calm, beside] = [delays(receipts, 'calm-'), delays(receipts, 'beside-')];
      return outcome(tally, {
        notes: [
          `the other project’s p99 and maximum: ${String(beside.p99)} and ${String(beside.max)} ms, before: ${String(calm.p99)} and ${String(calm.max)} ms`,
        ],
        failures:
          beside.max <= calm.max + maxDelayMs
            ? []
            : [`the other project was delayed by ${String(beside.max)} ms`],
      });
    }),
};
