import { projectIdSchema, type RejectedWebhooksStore, unknownProject } from '@app/integrations';
import { type KafkaMonitor } from '@app/kafka';
import { type Logger } from '@app/platform';
import { type IntegrationHealth, type IntegrationView } from '../../api/integrations';
import { withinDeadline } from '../http/deadline';
import { nullIfUnavailable } from '../http/unavailable.filter';
import { type IntegrationDirectory } from '../integrations/integration-directory';
import { type Database } from '../read-model/database';
import { eventArrivals } from './event-arrivals';
import {
  type Observation,
  type ObservedDeadLetters,
  type ObservedIntegration,
  type ObservedRejections,
} from './observation';
import { type ReadModelProgress } from './read-model-progress';
import { retentionRisks } from './retention-risk';

interface ObserverPorts {
  db: Database;
  integrations: Pick<IntegrationDirectory, 'list'>;
  rejected: Pick<RejectedWebhooksStore, 'list'>;
  progress: Pick<ReadModelProgress, 'isCurrent'>;
  monitor: Pick<KafkaMonitor, 'backlogs'>;
  silenceAfterMs: number;
  logger: Logger;
}

/** Far more than any pipeline has. Later ones are reported as one. */
const maxDeadLetterGroups = 500;
const otherReason = 'other';

/** Reads what the console sees. What is unavailable is unknown. */
export async function observe(ports: ObserverPorts, nowMs: number): Promise<Observation> {
  const { db, integrations, rejected, progress, monitor, silenceAfterMs, logger } = ports;
  const [views, rejections, isCurrent] = await Promise.all([
    nullIfUnavailable(integrations.list()),
    nullIfUnavailable(withinDeadline('Redis', rejected.list(nowMs))),
    withinDeadline('Kafka', progress.isCurrent()).catch((error: unknown) => {
      logger.debug({ err: error }, 'failed to compare the read model with Kafka');
      return false;
    }),
  ]);
  const backlogs = monitor.backlogs();
  return {
    nowMs,
    integrations: views?.map((view) => integrationOf(view, isCurrent, db)),
    deadLetters: isCurrent ? deadLettersIn(db) : undefined,
    rejectedWebhooks: rejections?.map(({ projectId, outcome, count, lastAtMs }): ObservedRejections => ({
      projectId: projectIdOr(projectId),
      outcome: codeOr(outcome),
      count,
      lastAtMs,
    })),
    arrivals: isCurrent && views !== null ? arrivalsOf(views, db, nowMs, silenceAfterMs) : undefined,
    backlogs: backlogs && retentionRisks(backlogs, nowMs),
  };
}

function integrationOf(
  { projectId, health }: IntegrationView,
  isCurrent: boolean,
  db: Database,
): ObservedIntegration {
  const row = db.get<{ status: number | null }>(
    'SELECT problem_status AS status FROM projects WHERE project = ?',
    projectId,
  );
  return { projectId, state: stateOf(health.state, isCurrent), status: row?.status ?? null };
}

function stateOf(state: IntegrationHealth['state'], isCurrent: boolean): ObservedIntegration['state'] {
  if (state === 'paused') return 'paused';
  if (!isCurrent || state === 'idle' || state === 'unreadable') return 'unknown';
  return state;
}

/** Only of projects with an integration: the webhooks of others are rejected. */
function arrivalsOf(
  views: readonly IntegrationView[],
  db: Database,
  nowMs: number,
  silenceAfterMs: number,
): Observation['arrivals'] {
  const known = new Set(views.map(({ projectId }) => projectId));
  return eventArrivals(db, nowMs, silenceAfterMs).filter(({ projectId }) => known.has(projectId));
}

function deadLettersIn(db: Database): ObservedDeadLetters[] {
  const rows = db.all<{ project: string | null; reason: string; count: number; firstAtMs: number }>(
    `SELECT project, reason, count(*) AS count, min(at_ms) AS firstAtMs FROM dead_letters
     WHERE is_open = 1 GROUP BY project, reason ORDER BY firstAtMs, project, reason`,
  );
  const groups = new Map<string, ObservedDeadLetters>();
  for (const { project, reason: text, count, firstAtMs } of rows) {
    const [projectId, reason] =
      groups.size < maxDeadLetterGroups
        ? [projectIdOr(project ?? ''), codeOr(text)]
        : [unknownProject, otherReason];
    const key = `${projectId}/${reason}`;
    const other = groups.get(key);
    groups.set(key, {
      projectId,
      reason,
      count: count + (other?.count ?? 0),
      firstAtMs: Math.min(firstAtMs, other?.firstAtMs ?? Infinity),
    });
  }
  return [...groups.values()];
}

/** Other producers can write anything into these names, also personal data, which messages must not contain. */
function projectIdOr(text: string): string {
  return projectIdSchema.safeParse(text).success ? text : unknownProject;
}

function codeOr(text: string): string {
  return /^[a-z0-9_]{1,64}$/.test(text) ? text : otherReason;
}
