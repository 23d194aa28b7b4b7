import { deliveriesTopic, dispatcherGroup, type GroupPosition, type GroupTopic } from '@app/kafka';
import { type PipelineKafka } from '../pipeline-kafka';
import { type Positions } from './status';

export function mapperGroup({ prefix, topics }: PipelineKafka): GroupTopic {
  return { groupId: `${prefix}mapper`, topic: topics.events };
}

export function projectGroup({ prefix, topics }: PipelineKafka, projectId: string): GroupTopic {
  return { groupId: dispatcherGroup(prefix, projectId), topic: deliveriesTopic(topics, projectId) };
}

/** Reads the positions of the mapper and of the projects that have a deliveries topic. */
export async function readPositions(pipeline: PipelineKafka): Promise<Positions> {
  const { inspector } = pipeline;
  const projectIds = await pipeline.projectsWithTopic();
  const atMs = performance.now();
  const [mapper, ...positions] = await Promise.all(
    [mapperGroup(pipeline), ...projectIds.map((id) => projectGroup(pipeline, id))].map((group) =>
      inspector.position(group).catch(() => undefined),
    ),
  );
  const projects = projectIds.flatMap((id, i): [string, GroupPosition][] => {
    const position = positions[i];
    return position === undefined ? [] : [[id, position]];
  });
  return { atMs, mapper, projects: new Map(projects) };
}
