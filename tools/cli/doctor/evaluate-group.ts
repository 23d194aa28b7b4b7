import { type GroupDescription, type GroupPosition } from '@app/kafka';
import { error, type Finding, ok, warning } from './finding';

/** Whether the group should have members. `unknown`: the integration of its project cannot be read. */
export type Expectation = 'running' | 'paused' | 'unknown';

export interface ObservedGroup {
  group: GroupDescription;
  /** App whose instances are the members. */
  app: 'mapper' | 'dispatcher';
  expectation: Expectation;
  before: GroupPosition;
  after: GroupPosition;
  /** Time between the two positions. */
  observedMs: number;
}

export function evaluateGroup(observed: ObservedGroup): Finding[] {
  const { group, app, expectation, before, after, observedMs } = observed;
  const { groupId, state, members } = group;
  const waiting = `${after.lag} events wait`;
  if (members.length === 0) {
    if (expectation === 'paused') return [ok(groupId, `Paused by an operator; ${waiting}.`)];
    const found = `No ${app} is a member of the group; ${waiting}.`;
    const action = `Start the ${app}. If it runs, check its /health/ready, its log, and that it has the same KAFKA_TOPIC_PREFIX.`;
    const isError = after.lag > 0 && expectation === 'running';
    return [isError ? error(groupId, found, action) : warning(groupId, found, action)];
  }
  if (state !== 'Stable') {
    return [
      warning(
        groupId,
        `The group is rebalancing (${state}); ${waiting}.`,
        `Run the check again. If the state stays, a ${app} restarts repeatedly: check the logs.`,
      ),
    ];
  }
  if (before.lag > 0 && after.lag > 0 && after.committed <= before.committed) {
    return [
      error(
        groupId,
        `Stuck: no offset was committed in ${(observedMs / 1_000).toFixed()} s, although ${waiting}.`,
        stuckAction(app),
      ),
    ];
  }
  return [ok(groupId, `${members.length} members; ${waiting}.`)];
}

function stuckAction(app: ObservedGroup['app']): string {
  return app === 'dispatcher'
    ? 'Statsig may reject the events of this project: see its state in the console, or run: npm run cli -- status. Otherwise check the log of the dispatcher.'
    : 'Check the log of the mapper, and whether Redis and Kafka accept its writes.';
}
