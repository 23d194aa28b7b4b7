import { GroupBacklog } from '@app/kafka';
import Table from 'cli-table3';
import { Command } from 'commander';
import { pipelineKafka } from './pipeline-kafka';

export function lagCommand(): Command {
  return new Command('lag').description('How much each stage has still before it').action(async () => {
    const { kafka, topics } = pipelineKafka();
    const prefix = topics.events.slice(0, -'revenuecat.events'.length);
    const table = new Table({ head: ['stage', 'topic', 'waiting'], style: { head: [] } });
    for (const [stage, topic] of [
      ['mapper', topics.events],
      ['dispatcher', topics.deliveries],
    ] as const) {
      const backlog = new GroupBacklog(kafka, prefix + stage);
      const partitions = await backlog.of([topic]);
      await backlog.close();
      table.push([stage, topic, partitions.reduce((sum, { waiting }) => sum + waiting, 0)]);
    }
    process.stdout.write(`${table.toString()}\n`);
  });
}
