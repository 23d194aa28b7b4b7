import { type IntegrationRegistry } from '@app/integrations';
import {
  deliveriesTopicSpec,
  projectOfDeliveriesTopic,
  type TopicConfig,
  type TopicNames,
  type TopicSpec,
  topicSpecs,
} from '@app/kafka';

/** What a missing topic is created with; undefined if it is not one of the pipeline's, or its project is not known. */
export function topicSpecOf(
  topic: string,
  names: TopicNames,
  config: TopicConfig,
  integrations: Pick<IntegrationRegistry, 'find'>,
): TopicSpec | undefined {
  const projectId = projectOfDeliveriesTopic(names, topic);
  if (projectId === undefined) return topicSpecs(names, config).find((spec) => spec.topic === topic);
  const state = integrations.find(projectId);
  return state.kind === 'ready'
    ? deliveriesTopicSpec(names, config, projectId, state.integration.partitions)
    : undefined;
}
