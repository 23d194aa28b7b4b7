import { deliveriesTopic, dispatcherGroup } from '@app/kafka';
import Table from 'cli-table3';
import { Command } from 'commander';
import { pipelineKafka } from './pipeline-kafka';

export function lagCommand(): Command {
  return new Command('lag')
    .description('Show the lag of the mapper, and of the dispatcher for each project')
    .action(lag);
}

async function lag(): Promise<void> {
  const { prefix, topics, lag: reader, projectsWithTopic } = await pipelineKafka();
  const rows = [
    { stage: 'mapper', project: '', topic: topics.events, groupId: `${prefix}mapper` },
    ...(await projectsWithTopic()).map((project) => ({
      stage: 'dispatcher',
      project,
      topic: deliveriesTopic(topics, project),
      groupId: dispatcherGroup(prefix, project),
    })),
  ];
  const lags = await reader.readLag(rows);
  const table = new Table({ head: ['stage', 'project', 'topic', 'group', 'lag'], style: { head: [] } });
  for (const [i, { stage, project, topic, groupId }] of rows.entries())
    table.push([stage, project, topic, groupId, lags[i] ?? 'unknown']);
  process.stdout.write(`${table.toString()}\n`);
}
