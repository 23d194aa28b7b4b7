import { deliveriesTopic } from '@app/kafka';
import { pause, statsigKey } from '../chaos-pipeline';
import { delays } from '../delays';
import { uniqueProject, withIntegrations } from '../scenario-integrations';
import { outcome, type Scenario } from '../scenario';
import { allEnded } from '../under-load';

const partitionsAfterwards = 24;
/** Longer than brokers need to propagate a change. */
const knownMs = 1_000;
const maxDelayMs = 1_000;

export const partitionIncrease: Scenario = {
  name: "partitions of the events topic and of two projects' topics raised from 12 to 24, one project suspended",
  run: (settings) =>
    withIntegrations(settings, {}, async (pipeline, integrations) => {
      const { kafka, events } = settings;
      const suspended = uniqueProject('suspended');
      await integrations.save({
        projectId: suspended,
        serverSecret: 'suspended-secret',
        format: pipeline.format,
      });
      await pipeline.startApps();
      const quarter = { events: events / 4, perSecond: events / 4 / 20 };
      const postQuarter = (first: number): Promise<void> =>
        allEnded(
          pipeline.post({ ...quarter, first }),
          pipeline.post({ ...quarter, first, projectId: suspended, prefix: 'suspended-' }),
        );
      await postQuarter(0);
      // Keys move to other partitions, so all earlier records must have been read before, as documented.
      await pipeline.untilMapped();
      const deliveries = [pipeline.projectId, suspended].map((id) => deliveriesTopic(pipeline.topics, id));
      for (const topic of [pipeline.topics.events, ...deliveries]) {
        await kafka.admin.addPartitions(topic, partitionsAfterwards);
      }
      await postQuarter(quarter.events);
      const early = (await pipeline.statsig.events()).filter(({ id }) => id.startsWith('suspended-')).length;
      await pipeline.statsig.keys(statsigKey, 'suspended-secret');
      return outcome(await pipeline.drain(), {
        failures: early === 0 ? [] : [`${String(early)} events were accepted with an unknown key`],
      });
    }),
};

export const topicDeletion: Scenario = {
  name: "a project's topic deleted by hand, with nothing left to deliver in it",
  run: (settings) =>
    withIntegrations(settings, {}, async (pipeline, integrations) => {
      const { kafka, events } = settings;
      const deleted = uniqueProject('deleted');
      await integrations.save({
        projectId: deleted,
        serverSecret: 'deleted-secret',
        format: pipeline.format,
      });
      await pipeline.statsig.keys(statsigKey, 'deleted-secret');
      await pipeline.startApps();
      const quarter = { events: events / 4, perSecond: events / 4 / 20 };
      const ofDeleted = { ...quarter, projectId: deleted, prefix: 'deleted-' };
      await pipeline.post({ ...quarter, events: events / 20, prefix: 'warm-' });
      await allEnded(pipeline.post({ ...quarter, prefix: 'calm-' }), pipeline.post(ofDeleted));
      // Deleting the topic deletes its events, so all of them must have been delivered before.
      await pipeline.drain();
      const deletion = (async () => {
        await pause(5_000);
        await kafka.admin.deleteTopics([deliveriesTopic(pipeline.topics, deleted)]);
        await pause(knownMs);
        await pipeline.post({ ...ofDeleted, first: quarter.events });
      })();
      await allEnded(deletion, pipeline.post({ ...quarter, prefix: 'beside-', during: deletion }));
      const result = await pipeline.drain();
      const receipts = await pipeline.receipts();
      const [calm, beside] = [delays(receipts, 'calm-'), delays(receipts, 'beside-')];
      return outcome(result, {
        notes: [
          `the other project's p99 and maximum: ${String(beside.p99)} and ${String(beside.max)} ms, before: ${String(calm.p99)} and ${String(calm.max)} ms`,
        ],
        failures:
          beside.max <= calm.max + maxDelayMs
            ? []
            : [`the other project was delayed by ${String(beside.max)} ms`],
      });
    }),
};
