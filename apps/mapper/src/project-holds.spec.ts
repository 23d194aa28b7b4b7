import { type IntegrationState } from '@app/integrations';
import {
  KafkaUnavailableError,
  PermissionDeniedError,
  type ProducedRecord,
  RecordsRejectedError,
} from '@app/kafka';
import { silentLogger } from '@app/testing';
import { anIntegration } from '../test/mapping.builder';
import { ProjectHolds, type UnwrittenDeliveries } from './project-holds';

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

function holdsOver() {
  const latch = { hold: jest.fn(), release: jest.fn() };
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
  const holds = new ProjectHolds({
    latch,
    integrations: { find: () => state.integration },
    producer: { send },
    logger: silentLogger,
  });
  /** Holds the project, as if deliveries of another project had been written. */
  const hold = (...deliveries: ProducedRecord[]): void => {
    holds.written('other');
    expect(holds.hold('broken', 0, unwritten(deliveries))).toBe(true);
  };
  return { latch, holds, state, send, hold };
}

describe('holds of projects', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('are not placed if nothing else was written since the project began to fail', () => {
    const { holds, latch } = holdsOver();
    holds.written('other');
    expect(holds.hold('broken', holds.writes, unwritten([delivery('a')]))).toBe(false);
    expect(holds.hold('broken', holds.writes, unwritten([delivery('a')]))).toBe(false);
    expect(latch.hold).not.toHaveBeenCalled();
  });

  it('are placed at once if something else was written during the attempt, or between attempts', () => {
    const { holds, latch } = holdsOver();
    const before = holds.writes;
    holds.written(undefined);
    expect(holds.hold('a', before, unwritten([]))).toBe(true);
    expect(holds.hold('b', holds.writes, unwritten([]))).toBe(false);
    holds.written('other');
    expect(holds.hold('b', holds.writes, unwritten([]))).toBe(true);
    expect(latch.hold.mock.calls.map(([projectId]: string[]) => projectId)).toEqual(['a', 'b']);
  });

  it('are placed at once if Kafka denied a permission, although nothing else was written', () => {
    const { holds } = holdsOver();
    const denied = new PermissionDeniedError((user) => `denied ${user}`, 'mapper', undefined);
    const error = new KafkaUnavailableError('deadline', { cause: denied });
    expect(holds.hold('broken', holds.writes, unwritten([delivery('a')], error))).toBe(true);
  });

  it('are released only when the first delivery of each failed partition is written', async () => {
    const { hold, latch, state } = holdsOver();
    hold(delivery('a', 0), delivery('b', 1), delivery('c', 0));
    // From another partition of the events topic.
    hold(delivery('d', 1), delivery('e', 2));
    await jest.advanceTimersByTimeAsync(600_000);
    state.unwritable.delete(0);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(latch.release).not.toHaveBeenCalled();
    state.unwritable.clear();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(latch.release.mock.calls).toEqual([['broken']]);
    expect(state.written).toEqual(['a', 'b', 'e']);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(latch.release).toHaveBeenCalledTimes(1);
  });

  it('double the wait before each probe, up to a minute, until a batch of the project is written', async () => {
    const { hold, holds, latch, state, send } = holdsOver();
    const probedAtMs: number[] = [];
    send.mockImplementation(() => {
      probedAtMs.push(Date.now());
      return state.unwritable.size > 0
        ? Promise.reject(new KafkaUnavailableError('deadline'))
        : Promise.resolve();
    });
    /** The wait before each probe of a new hold, in s. */
    const waits = async (ms: number): Promise<number[]> => {
      const startedAtMs = Date.now();
      probedAtMs.splice(0);
      hold(delivery('a'));
      await jest.advanceTimersByTimeAsync(ms);
      return probedAtMs.map((atMs, i) => (atMs - (probedAtMs[i - 1] ?? startedAtMs)) / 1_000);
    };
    expect(await waits(200_000)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    state.unwritable.clear();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(latch.release).toHaveBeenCalledTimes(1);
    // A written probe does not reset the wait.
    expect(await waits(60_000)).toEqual([60]);
    holds.written('broken');
    expect(await waits(60_000)).toEqual([1]);
  });

  it('are released although a first delivery is too large', async () => {
    const { hold, latch, send } = holdsOver();
    send.mockImplementation(([record]) =>
      Promise.reject(new RecordsRejectedError(record === undefined ? [] : [{ record, reason: 'too_large' }])),
    );
    hold(delivery('large'));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(latch.release).toHaveBeenCalledTimes(1);
  });

  it('are released without a probe if the integration was removed', async () => {
    const { hold, latch, state, send } = holdsOver();
    hold(delivery('a'));
    state.integration = { kind: 'absent' };
    await jest.advanceTimersByTimeAsync(1_000);
    expect(latch.release).toHaveBeenCalledTimes(1);
    expect(send).not.toHaveBeenCalled();
  });

  it('continue, without a probe, while the integration is unreadable', async () => {
    const { hold, latch, state, send } = holdsOver();
    hold(delivery('a'));
    state.unwritable.clear();
    const { integration } = state;
    state.integration = { kind: 'unreadable', detail: 'wrong key' };
    await jest.advanceTimersByTimeAsync(600_000);
    expect([latch.release.mock.calls, send.mock.calls]).toEqual([[], []]);
    state.integration = integration;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(latch.release).toHaveBeenCalledTimes(1);
  });

  it('are placed once for all partitions, and end with the mapper', async () => {
    const { hold, holds, latch, state } = holdsOver();
    hold(delivery('a'));
    hold(delivery('b', 1));
    expect(latch.hold).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(1);
    state.unwritable.clear();
    holds.close();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(jest.getTimerCount()).toBe(0);
    expect(latch.release).not.toHaveBeenCalled();
  });
});
