import { deliveriesTopic, dispatcherGroup } from '@app/kafka';
import { Command } from 'commander';
import { type JsonOption, print, tableText, withExamples, withJson } from './output';
import { pipelineKafka } from './pipeline-kafka';

export function lagCommand(): Command {
  return withExamples(
    withJson(
      new Command('lag')
        .description('Show the lag of the mapper, and of the dispatcher for each project')
        .action(lag),
    ),
    'lag',
    "lag --json | jq '[.[].lag] | add'",
  );
}

async function lag({ json }: JsonOption): Promise<void> {
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
  const result = rows.map((row, i) => ({ ...row, lag: lags[i] ?? null }));
  const text = tableText(
    ['stage', 'project', 'topic', 'group', 'lag'],
    result.map((row) => [row.stage, row.project, row.topic, row.groupId, row.lag ?? 'unknown']),
  );
  print(result, json, text);
}
