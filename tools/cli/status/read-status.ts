import { type PipelineKafka } from '../pipeline-kafka';
import { readAppHealth } from './app-health';
import { type HealthReading, readIntegrationHealth } from './integration-health';
import { mapperGroup, projectGroup } from './read-positions';
import { type PipelineStatus, type Positions, type ProjectStatus, stageStatus } from './status';

const hourMs = 3_600_000;

/** @param before positions of an earlier time, from which the rates follow */
export async function readStatus(
  pipeline: PipelineKafka,
  before: Positions,
  after: Positions,
): Promise<PipelineStatus> {
  const nowMs = Date.now();
  const [mapper, health, deadLettersLastHour, apps] = await Promise.all([
    readMapper(pipeline, before, after, nowMs),
    readIntegrationHealth(),
    countDeadLetters(pipeline, nowMs - hourMs),
    readAppHealth(),
  ]);
  const projects = await readProjects(pipeline, before, after, nowMs, health);
  const { rejectedWebhooks, problems } = health;
  return { atMs: nowMs, rejectedWebhooks, mapper, projects, deadLettersLastHour, apps, problems };
}

async function readMapper(pipeline: PipelineKafka, before: Positions, after: Positions, nowMs: number) {
  const oldestMs = await oldestWaiting(pipeline, mapperGroup(pipeline), after.mapper);
  return stageStatus(
    { atMs: before.atMs, position: before.mapper },
    { atMs: after.atMs, position: after.mapper },
    oldestMs,
    nowMs,
  );
}

/** Projects with an integration, a deliveries topic, or both. */
function readProjects(
  pipeline: PipelineKafka,
  before: Positions,
  after: Positions,
  nowMs: number,
  { byProject }: HealthReading,
): Promise<ProjectStatus[]> {
  const projectIds = [...new Set([...byProject.keys(), ...after.projects.keys()])].toSorted();
  return Promise.all(
    projectIds.map(async (projectId) => {
      const position = after.projects.get(projectId);
      const oldestMs = await oldestWaiting(pipeline, projectGroup(pipeline, projectId), position);
      const stage = stageStatus(
        { atMs: before.atMs, position: before.projects.get(projectId) },
        { atMs: after.atMs, position },
        oldestMs,
        nowMs,
      );
      const { state, detail } = byProject.get(projectId) ?? { state: 'no integration', detail: null };
      return { projectId, state, detail, ...stage };
    }),
  );
}

async function oldestWaiting(
  { inspector }: PipelineKafka,
  group: ReturnType<typeof mapperGroup>,
  position: Positions['mapper'],
): Promise<number | undefined> {
  if (position === undefined || position.lag === 0) return undefined;
  return inspector.oldestWaiting(group).catch(() => undefined);
}

async function countDeadLetters(
  { inspector, topics }: PipelineKafka,
  sinceMs: number,
): Promise<Record<string, number | null>> {
  const counts = [topics.eventsDeadLetter, topics.deliveriesDeadLetter].map(async (topic) => {
    const count = await inspector.recordsSince(topic, sinceMs).catch(() => null);
    return [topic, count] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}
