import { setTimeout as delay } from 'node:timers/promises';
import type { IntegrationView } from '../../../apps/console/api/integrations';
import { ConsoleApi } from '../console/console-api';
import { environmentIntegration, integrationStatuses } from '../integration-statuses';
import { withRedis } from '../pipeline-redis';

export interface IntegrationHealth {
  state: string;
  detail: string | null;
}

export interface HealthReading {
  byProject: Map<string, IntegrationHealth>;
  problems: string[];
}

const consoleTimeoutMs = 3_000;

/** The state of each integration: from the console, which knows the outcomes; from Redis, if the console does not respond. */
export async function readIntegrationHealth(): Promise<HealthReading> {
  const [stored, shown] = await Promise.all([fromRedis(), fromConsole()]);
  return {
    byProject: new Map([...stored.byProject, ...shown.byProject]),
    problems: [...stored.problems, ...shown.problems],
  };
}

async function fromRedis(): Promise<HealthReading> {
  const toHealth = (statuses: ReturnType<typeof environmentIntegration>): HealthReading['byProject'] =>
    new Map(statuses.map(({ projectId, state, problem }) => [projectId, { state, detail: problem ?? null }]));
  try {
    return { byProject: toHealth(await withRedis(integrationStatuses)), problems: [] };
  } catch (error) {
    const problem = `The integrations cannot be read. ${(error as Error).message}`;
    return { byProject: toHealth(environmentIntegration()), problems: [problem] };
  }
}

async function fromConsole(): Promise<HealthReading> {
  try {
    const views = await Promise.race([
      ConsoleApi.fromEnvironment().get<IntegrationView[]>(['integrations']),
      delay(consoleTimeoutMs, undefined, { ref: false }),
    ]);
    if (views === undefined)
      throw new Error(`The console does not respond within ${consoleTimeoutMs / 1_000} s.`);
    const health = views.map(({ projectId, health: { state, detail } }): [string, IntegrationHealth] => [
      projectId,
      { state, detail },
    ]);
    return { byProject: new Map(health), problems: [] };
  } catch (error) {
    const problem = `Whether Statsig accepts the events is unknown. ${(error as Error).message}`;
    return { byProject: new Map(), problems: [problem] };
  }
}
