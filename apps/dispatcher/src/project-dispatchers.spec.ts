import { type Integration, type IntegrationState } from '@app/integrations';
import { topicNames } from '@app/kafka';
import { silentLogger } from '@app/testing';
import { integration } from '../test/deliveries';
import * as metrics from './dispatcher.metrics';
import { type ProjectDispatcher } from './project-dispatcher';
import { ProjectDispatchers } from './project-dispatchers';

class FakeDispatcher {
  isReading = true;
  unackedBytes = 0;
  isClosed = false;
  changes = 0;
  problem: string | undefined;
  state: ProjectDispatcher['state'] = {
    inFlight: 0,
    limit: 0,
    waiting: 0,
    claimed: 0,
    isHealthy: true,
    suspension: undefined,
    unrecorded: 0,
  };
  start = (): Promise<void> => Promise.resolve();
  close = (): Promise<void> => {
    this.isClosed = true;
    return Promise.resolve();
  };
  integrationChanged = (): void => {
    this.changes += 1;
  };
}

function projects() {
  const states = new Map<string, IntegrationState>();
  const existing = new Set<string>();
  const opened = new Map<string, FakeDispatcher>();
  let report: (projectIds: ReadonlySet<string>) => void = () => undefined;
  const dispatchers = new ProjectDispatchers({
    integrations: {
      all: (): Integration[] =>
        [...states].flatMap(([projectId, state]) =>
          state.kind === 'ready' ? [{ ...state.integration, projectId }] : [],
        ),
      projectIds: () =>
        [...states].flatMap(([projectId, { kind }]) => (kind === 'absent' ? [] : [projectId])),
      find: (projectId) => states.get(projectId) ?? { kind: 'absent' },
      onChange: (listener) => {
        report = listener;
        return () => true;
      },
    },
    existingTopics: {
      among: (topics) => Promise.resolve(new Set([...topics].filter((topic) => existing.has(topic)))),
    },
    topics: topicNames(),
    open: (projectId) => {
      const dispatcher = new FakeDispatcher();
      opened.set(projectId, dispatcher);
      return dispatcher as unknown as ProjectDispatcher;
    },
    memoryBytes: 1_000,
    logger: silentLogger,
  });
  const set = (projectId: string, state: IntegrationState): void => {
    states.set(projectId, state);
    existing.add(`statsig.deliveries.${projectId}`);
  };
  const change = async (projectId: string, state: IntegrationState): Promise<void> => {
    set(projectId, state);
    report(new Set([projectId]));
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  };
  return { dispatchers, existing, opened, set, change };
}

const ready: IntegrationState = { kind: 'ready', integration };

describe('the dispatchers of all projects', () => {
  it('run for projects with a readable integration that is not paused, and a topic', async () => {
    const { dispatchers, opened, existing, set } = projects();
    set('a', ready);
    set('paused', { kind: 'ready', integration: { ...integration, enabled: false } });
    set('sealed', { kind: 'unreadable', detail: 'wrong key' });
    set('without-topic', ready);
    existing.delete('statsig.deliveries.without-topic');
    existing.add('statsig.deliveries.unknown').add('revenuecat.events');
    await dispatchers.start();
    expect([...opened.keys()]).toEqual(['a']);
    await dispatchers.close();
    expect(opened.get('a')?.isClosed).toBe(true);
  });

  it('are closed when an operator pauses the project, and opened again when it is resumed', async () => {
    const { dispatchers, opened, set, change } = projects();
    set('a', ready);
    set('b', ready);
    await dispatchers.start();
    const first = opened.get('a');
    await change('a', { kind: 'ready', integration: { ...integration, enabled: false } });
    expect(first?.isClosed).toBe(true);
    await change('a', ready);
    expect(opened.get('a')).not.toBe(first);
    expect(opened.get('b')).toMatchObject({ isClosed: false, changes: 0 });
    await dispatchers.close();
  });

  it('share the memory among the projects that read events', async () => {
    const { dispatchers, opened, set } = projects();
    for (const projectId of ['a', 'b', 'c', 'd']) set(projectId, ready);
    await dispatchers.start();
    expect(dispatchers.memoryShare()).toBe(250);
    for (const projectId of ['b', 'c', 'd']) Object.assign(opened.get(projectId) ?? {}, { isReading: false });
    expect(dispatchers.memoryShare()).toBe(1_000);
    for (const projectId of ['b', 'c']) Object.assign(opened.get(projectId) ?? {}, { unackedBytes: 150 });
    expect(dispatchers.memoryShare()).toBe(700);
    Object.assign(opened.get('d') ?? {}, { unackedBytes: 5_000 });
    expect(dispatchers.memoryShare()).toBe(500);
    await dispatchers.close();
  });

  it('are ready if at least one project is consumed', async () => {
    const { dispatchers, opened, set } = projects();
    expect(dispatchers.problem()).toContain('not known yet');
    set('a', ready);
    set('b', ready);
    await dispatchers.start();
    Object.assign(opened.get('a') ?? {}, { problem: 'not a member' });
    expect(dispatchers.problem()).toBeUndefined();
    Object.assign(opened.get('b') ?? {}, { problem: 'not a member' });
    expect(dispatchers.problem()).toBe('not a member');
    await dispatchers.close();
  });

  it('run for projects that are served', async () => {
    const { dispatchers, set } = projects();
    set('a', ready);
    set('paused', { kind: 'ready', integration: { ...integration, enabled: false } });
    await dispatchers.start();
    expect(['a', 'paused'].map((projectId) => dispatchers.runs(projectId))).toEqual([true, false]);
    await dispatchers.close();
  });

  it('report the one state of each integration, including unreadable ones but not removed ones', async () => {
    const { dispatchers, opened, set } = projects();
    set('active', ready);
    set('failing', ready);
    set('revoked', ready);
    set('paused', { kind: 'ready', integration: { ...integration, enabled: false } });
    set('sealed', { kind: 'unreadable', detail: 'wrong key' });
    set('gone', ready);
    await dispatchers.start();
    const isHealthy = false;
    Object.assign(opened.get('failing')?.state ?? {}, { isHealthy });
    Object.assign(opened.get('revoked')?.state ?? {}, { isHealthy, suspension: { reason: 'unauthorized' } });
    const states = async (): Promise<string[]> => {
      dispatchers.reportMetrics();
      const { values } = await metrics.integrationState.get();
      return values
        .filter(({ value }) => value === 1)
        .map(({ labels }) => `${labels.project}: ${labels.state}`);
    };
    const served = ['active: delivering', 'failing: retrying', 'revoked: suspended'];
    const unserved = ['paused: paused', 'sealed: unreadable'];
    expect(await states()).toEqual([...served, ...unserved, 'gone: delivering']);
    set('gone', { kind: 'absent' });
    expect(await states()).toEqual([...served, ...unserved]);
    const { values } = await metrics.integrationState.get();
    expect(values).toHaveLength(5 * metrics.integrationStates.length);
    await dispatchers.close();
  });
});
