import { setImmediate as nextTurn } from 'node:timers/promises';
import { deliveriesTopic, type GroupTopic } from '@app/kafka';
import { topics } from '../../test/records';
import { Backlog } from './backlog';

describe('the backlog', () => {
  let existing: () => Promise<ReadonlySet<string>>;
  let lags: Map<string, number | undefined>;
  let requested: GroupTopic[][];
  let backlog: Backlog;

  beforeEach(() => {
    existing = () =>
      Promise.resolve(
        new Set([topics.events, deliveriesTopic(topics, 'a'), deliveriesTopic(topics, 'b'), 'other']),
      );
    lags = new Map([
      ['mapper', 7],
      ['dispatcher.a', 2],
      ['dispatcher.b', 3],
      [`console.${topics.receipts}`, 0],
    ]);
    requested = [];
    backlog = new Backlog(
      {
        readLag: (groups) => {
          requested.push([...groups]);
          return Promise.resolve(groups.map(({ groupId }) => lags.get(groupId)));
        },
      },
      { list: () => existing() },
      topics,
      { prefix: '', console: (topic) => `console.${topic}` },
    );
  });

  /** Returns the figures after the read that a request at `nowMs` starts has completed. */
  const stages = async (nowMs: number) => {
    await backlog.figures(nowMs);
    await nextTurn();
    return stagesAt(nowMs);
  };

  const stagesAt = async (nowMs: number) =>
    Object.fromEntries((await backlog.figures(nowMs)).stages.map(({ stage, records }) => [stage, records]));

  it('of the dispatcher is the sum over all projects', async () => {
    expect(await stages(0)).toEqual({ mapper: 7, dispatcher: 5, console: 0 });
    expect((await backlog.figures(0)).byProject).toEqual(
      new Map([
        ['a', 2],
        ['b', 3],
      ]),
    );
    expect(requested).toHaveLength(1);
  });

  it('omits a project whose lag cannot be read', async () => {
    lags.set('dispatcher.a', undefined);
    expect(await stages(0)).toEqual({ mapper: 7, dispatcher: 3, console: 0 });
    expect((await backlog.figures(0)).byProject).toEqual(new Map([['b', 3]]));
  });

  it('is unknown if nothing can be read, and uses the last known projects if topics cannot be listed', async () => {
    const noLeader = () => Promise.reject(new Error('a partition has no leader'));
    existing = noLeader;
    expect(await stages(0)).toEqual({ mapper: 7, dispatcher: null, console: 0 });
    existing = () => Promise.resolve(new Set([deliveriesTopic(topics, 'a')]));
    expect(await stages(3_000)).toEqual({ mapper: 7, dispatcher: 2, console: 0 });
    existing = noLeader;
    expect(await stages(6_000)).toEqual({ mapper: 7, dispatcher: 2, console: 0 });
    lags.clear();
    expect(await stages(9_000)).toEqual({ mapper: null, dispatcher: null, console: null });
  });

  it('is read again if the last figures are old', async () => {
    expect(await stagesAt(0)).toMatchObject({ mapper: 7 });
    lags.set('mapper', 1_000);
    expect(await stagesAt(60_000)).toMatchObject({ mapper: 1_000 });
  });

  it('that was read recently is returned without waiting for Kafka', async () => {
    await stages(0);
    existing = () => new Promise(() => undefined);
    expect(await stagesAt(3_000)).toMatchObject({ mapper: 7 });
  });
});
