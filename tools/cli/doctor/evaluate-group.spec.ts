import { evaluateGroup, type ObservedGroup } from './evaluate-group';

const member = { clientId: 'dispatcher', host: '/10.0.0.1' };
const waiting = { committed: 10, end: 15, lag: 5 };
const finished = { committed: 15, end: 15, lag: 0 };

function evaluate(changes: Partial<ObservedGroup> & { state?: string; members?: number } = {}) {
  const { state = 'Stable', members = 1, ...observed } = changes;
  return evaluateGroup({
    group: { groupId: 'dispatcher.shop', state, members: Array.from({ length: members }, () => member) },
    app: 'dispatcher',
    expectation: 'running',
    before: waiting,
    after: finished,
    observedMs: 5_000,
    ...observed,
  });
}

describe('the evaluation of a consumer group', () => {
  it('is ok while events are committed, or none wait', () => {
    expect(evaluate()).toMatchObject([{ level: 'ok', found: '1 members; 0 events wait.' }]);
    expect(evaluate({ before: finished, after: finished })).toMatchObject([{ level: 'ok' }]);
    expect(evaluate({ after: { committed: 11, end: 30, lag: 19 } })).toMatchObject([{ level: 'ok' }]);
    expect(evaluate({ before: finished, after: { committed: 15, end: 16, lag: 1 } })).toMatchObject([
      { level: 'ok' },
    ]);
  });

  it('reports a group that commits nothing while events wait', () => {
    expect(evaluate({ after: { committed: 10, end: 99, lag: 89 } })).toMatchObject([
      { level: 'error', found: 'Stuck: no offset was committed in 5 s, although 89 events wait.' },
    ]);
  });

  it('reports a group without members: as an error if events wait for it', () => {
    expect(evaluate({ members: 0, state: 'Empty', after: waiting })).toMatchObject([{ level: 'error' }]);
    expect(evaluate({ members: 0, state: 'Dead', after: finished })).toMatchObject([{ level: 'warning' }]);
    expect(evaluate({ members: 0, after: waiting, expectation: 'unknown' })).toMatchObject([
      { level: 'warning' },
    ]);
  });

  it('expects no members while the project is paused', () => {
    expect(evaluate({ members: 0, after: waiting, expectation: 'paused' })).toMatchObject([
      { level: 'ok', found: 'Paused by an operator; 5 events wait.' },
    ]);
  });

  it('reports a rebalance', () => {
    expect(evaluate({ state: 'PreparingRebalance' })).toMatchObject([{ level: 'warning' }]);
  });
});
