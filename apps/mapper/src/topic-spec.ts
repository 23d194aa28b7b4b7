import { type IntegrationRegistry } from '@app/integrations';
import {
  deliveriesTopicSpec,
  projectOfDeliveriesTopic,
  type TopicConfig,
  type TopicNames,
  type TopicSpec,
  topicSpecs,
} from '@app/kafka';

/** The spec for creating a missing topic; undefined if the topic is not one of the pipeline's, or its project is unknown. */
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
