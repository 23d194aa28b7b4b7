import { setTimeout as delay } from 'node:timers/promises';
import type { IntegrationView } from '../../../apps/console/api/integrations';
import type { Overview } from '../../../apps/console/api/overview';
import { ConsoleApi } from '../console/console-api';
import { environmentIntegration, integrationStatuses } from '../integration-statuses';
import { withRedis } from '../pipeline-redis';

export interface IntegrationHealth {
  state: string;
  detail: string | null;
}

export interface HealthReading {
  byProject: Map<string, IntegrationHealth>;
  /** Null if the console or Redis does not respond. */
  rejectedWebhooks: Overview['rejectedWebhooks'];
  problems: string[];
}

const consoleTimeoutMs = 3_000;

/** The state of each integration: from the console, which knows the outcomes; from Redis, if the console does not respond. */
export async function readIntegrationHealth(): Promise<HealthReading> {
  const [stored, shown] = await Promise.all([fromRedis(), fromConsole()]);
  return {
    byProject: new Map([...stored.byProject, ...shown.byProject]),
    rejectedWebhooks: shown.rejectedWebhooks,
    problems: [...stored.problems, ...shown.problems],
  };
}

async function fromRedis(): Promise<Omit<HealthReading, 'rejectedWebhooks'>> {
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
    const api = ConsoleApi.fromEnvironment();
    const responses = await Promise.race([
      Promise.all([api.get<IntegrationView[]>(['integrations']), api.get<Overview>(['overview'])]),
      delay(consoleTimeoutMs, undefined, { ref: false }),
    ]);
    if (responses === undefined)
      throw new Error(`The console does not respond within ${consoleTimeoutMs / 1_000} s.`);
    const [views, { rejectedWebhooks }] = responses;
    const health = views.map(({ projectId, health: { state, detail } }): [string, IntegrationHealth] => [
      projectId,
      { state, detail },
    ]);
    return { byProject: new Map(health), rejectedWebhooks, problems: [] };
  } catch (error) {
    const problem = `Whether webhooks are rejected, and whether Statsig accepts the events, is unknown. ${(error as Error).message}`;
    return { byProject: new Map(), rejectedWebhooks: null, problems: [problem] };
  }
}
