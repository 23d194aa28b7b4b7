import { integrationConfig, integrationFromEnvironment, IntegrationStore } from '@app/integrations';
import { topicConfig } from '@app/kafka';
import { readConfig, type RedisClient } from '@app/platform';
import { z } from 'zod';
import { CannotRunError } from '../exit-codes';

const config = z.object({ ...integrationConfig, TOPIC_PARTITIONS: topicConfig.TOPIC_PARTITIONS });

/**
 * Throws a {@link CannotRunError} if the integration filters events by app: a row of the export does not name its app, so events
 * of an excluded app would be sent, and those of an included one would not.
 */
export async function requireNoAppFilter(redis: RedisClient, projectId: string): Promise<void> {
  const inEnvironment = integrationFromEnvironment(readConfig(config));
  const integration =
    (await new IntegrationStore(redis, undefined).getSealed(projectId)) ??
    (inEnvironment?.projectId === projectId ? inEnvironment : undefined);
  const { include = [], exclude = [] } = integration?.filters.apps ?? {};
  if (include.length + exclude.length === 0) return;
  throw new CannotRunError(
    `The integration of project "${projectId}" filters events by app, and the export does not say to which app a transaction belongs. Filter by product instead, or remove the filter before --backfill.`,
  );
}
