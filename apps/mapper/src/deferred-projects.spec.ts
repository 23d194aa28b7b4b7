import { type IntegrationState } from '@app/integrations';
import {
  KafkaUnavailableError,
  NoLeaderError,
  PermissionDeniedError,
  type ProducedRecord,
  RecordsRejectedError,
} from '@app/kafka';
import { silentLogger } from '@app/testing';
import { anIntegration } from '../../../libs/mapping/test/mapping.builder';
import { DeferredProjects, type UnwrittenDeliveries } from './deferred-projects';

const delivery = (value: string, partition = 0): ProducedRecord => ({
  topic: 'statsig.deliveries.broken',
  partition,
  key: 'k',
  value,
});

const unwritten = (
  deliveries: ProducedRecord[],
  error = new KafkaUnavailableError('deadline'),
): UnwrittenDeliveries => ({ deliveries, error });

function deferredOver() {
  const lookup = { defer: jest.fn(), resume: jest.fn() };
  const state: { integration: IntegrationState; unwritable: Set<number>; written: unknown[] } = {
    integration: { kind: 'ready', integration: anIntegration() },
    unwritable: new Set([0, 1, 2]),
    written: [],
  };
  const send = jest.fn(([record]: readonly ProducedRecord[]) => {
    if (state.unwritable.has(record?.partition ?? 0))
      return Promise.reject(new KafkaUnavailableError('deadline'));
    state.written.push(record?.value);
    return Promise.resolve();
  });
  const deferred = new DeferredProjects({
    lookup,
    integrations: { find: () => state.integration },
    producer: { send },
    logger: silentLogger,
  });
  /** Defers the project, as if deliveries of another project had been written. */
  const defer = (...deliveries: ProducedRecord[]): void => {
    deferred.written('other');
    expect(deferred.defer('broken', 0, unwritten(deliveries))).toBe(true);
  };
  return { lookup, deferred, state, send, defer };
}

describe('projects whose deliveries cannot be written', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('are not deferred if nothing else was written since the project began to fail', () => {
    const { deferred, lookup } = deferredOver();
    deferred.written('other');
    expect(deferred.defer('broken', deferred.writes, unwritten([delivery('a')]))).toBe(false);
    expect(deferred.defer('broken', deferred.writes, unwritten([delivery('a')]))).toBe(false);
    expect(lookup.defer).not.toHaveBeenCalled();
  });

  it('are deferred at once if something else was written during the attempt, or between attempts', () => {
    const { deferred, lookup } = deferredOver();
    const before = deferred.writes;
    deferred.written(undefined);
    expect(deferred.defer('a', before, unwritten([]))).toBe(true);
    expect(deferred.defer('b', deferred.writes, unwritten([]))).toBe(false);
    deferred.written('other');
    expect(deferred.defer('b', deferred.writes, unwritten([]))).toBe(true);
    expect(lookup.defer.mock.calls.map(([projectId]: string[]) => projectId)).toEqual(['a', 'b']);
  });

  it.each([
    ['denied a permission', new PermissionDeniedError((user) => `denied ${user}`, 'mapper', undefined)],
    ['has no leader for a partition', new NoLeaderError('statsig.deliveries.broken')],
  ])('are deferred at once if Kafka %s, although nothing else was written', (_problem, cause) => {
    const { deferred } = deferredOver();
    const error = new KafkaUnavailableError('deadline', { cause });
    expect(deferred.defer('broken', deferred.writes, unwritten([delivery('a')], error))).toBe(true);
  });

  it('are resumed only when the first delivery of each failed partition is written', async () => {
    const { defer, lookup, state } = deferredOver();
    defer(delivery('a', 0), delivery('b', 1), delivery('c', 0));
    // From another partition of the events topic.
    defer(delivery('d', 1), delivery('e', 2));
    await jest.advanceTimersByTimeAsync(600_000);
    state.unwritable.delete(0);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(lookup.resume).not.toHaveBeenCalled();
    state.unwritable.clear();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(lookup.resume.mock.calls).toEqual([['broken']]);
    expect(state.written).toEqual(['a', 'b', 'e']);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(lookup.resume).toHaveBeenCalledTimes(1);
  });

  it('are probed half as often after each failure, at least once a minute, until a batch of the project is written', async () => {
    const { defer, deferred, lookup, state, send } = deferredOver();
    const probedAtMs: number[] = [];
    send.mockImplementation(() => {
      probedAtMs.push(Date.now());
      return state.unwritable.size > 0
        ? Promise.reject(new KafkaUnavailableError('deadline'))
        : Promise.resolve();
    });
    /** The wait before each probe after the project was deferred again, in s. */
    const waits = async (ms: number): Promise<number[]> => {
      const startedAtMs = Date.now();
      probedAtMs.splice(0);
      defer(delivery('a'));
      await jest.advanceTimersByTimeAsync(ms);
      return probedAtMs.map((atMs, i) => (atMs - (probedAtMs[i - 1] ?? startedAtMs)) / 1_000);
    };
    expect(await waits(200_000)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    state.unwritable.clear();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(lookup.resume).toHaveBeenCalledTimes(1);
    // A written probe does not reset the wait.
    expect(await waits(60_000)).toEqual([60]);
    deferred.written('broken');
    expect(await waits(60_000)).toEqual([1]);
  });

  it('are resumed although a first delivery is too large', async () => {
    const { defer, lookup, send } = deferredOver();
    send.mockImplementation(([record]) =>
      Promise.reject(new RecordsRejectedError(record === undefined ? [] : [{ record, reason: 'too_large' }])),
    );
    defer(delivery('large'));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(lookup.resume).toHaveBeenCalledTimes(1);
  });

  it('are resumed without a probe if the integration was removed', async () => {
    const { defer, lookup, state, send } = deferredOver();
    defer(delivery('a'));
    state.integration = { kind: 'absent' };
    await jest.advanceTimersByTimeAsync(1_000);
    expect(lookup.resume).toHaveBeenCalledTimes(1);
    expect(send).not.toHaveBeenCalled();
  });

  it('stay deferred, without a probe, while the integration is unreadable', async () => {
    const { defer, lookup, state, send } = deferredOver();
    defer(delivery('a'));
    state.unwritable.clear();
    const { integration } = state;
    state.integration = { kind: 'unreadable', detail: 'wrong key' };
    await jest.advanceTimersByTimeAsync(600_000);
    expect([lookup.resume.mock.calls, send.mock.calls]).toEqual([[], []]);
    state.integration = integration;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(lookup.resume).toHaveBeenCalledTimes(1);
  });

  it('are deferred once for all partitions, and are not probed after the mapper has closed', async () => {
    const { defer, deferred, lookup, state } = deferredOver();
    defer(delivery('a'));
    defer(delivery('b', 1));
    expect(lookup.defer).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(1);
    state.unwritable.clear();
    deferred.close();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(jest.getTimerCount()).toBe(0);
    expect(lookup.resume).not.toHaveBeenCalled();
  });
});
