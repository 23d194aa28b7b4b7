import { type IntegrationState } from '@app/integrations';
import { silentLogger } from '@app/testing';
import { anIntegration } from '../test/mapping.builder';
import { IntegrationLatch } from './integration-latch';

const ready: IntegrationState = { kind: 'ready', integration: anIntegration() };
const unreadable: IntegrationState = { kind: 'unreadable', detail: 'wrong key' };
const absent: IntegrationState = { kind: 'absent' };

function latchOver(states: Record<string, IntegrationState>, topics?: Record<string, boolean>) {
  const listeners: ((projectIds: ReadonlySet<string>) => void)[] = [];
  const rereadLeft = jest.fn();
  const registry = {
    find: (projectId: string) => states[projectId] ?? absent,
    whenAny: () => Promise.resolve(true),
    refresh: () => Promise.resolve(),
    onChange: (listener: (projectIds: ReadonlySet<string>) => void) => {
      listeners.push(listener);
      return () => true;
    },
  };
  const hasTopic = (projectId: string): boolean | undefined => topics?.[projectId];
  const latch = new IntegrationLatch(registry, hasTopic, rereadLeft, silentLogger);
  const change = (projectId: string, state: IntegrationState, isReported = true): void => {
    states[projectId] = state;
    if (isReported) for (const listener of listeners) listener(new Set([projectId]));
  };
  return { latch, change, rereadLeft };
}

describe('the integrations as the mapper sees them', () => {
  it('are those of the registry', () => {
    const { latch } = latchOver({ a: ready, b: unreadable });
    expect(latch.find('a')).toBe(ready);
    expect(latch.find('b')).toBe(unreadable);
    expect(latch.find('c')).toBe(absent);
  });

  it('keep an integration unreadable until the left records are read again', () => {
    const { latch, change, rereadLeft } = latchOver({ a: unreadable });
    latch.find('a');
    change('a', ready, false);
    expect(latch.find('a').kind).toBe('unreadable');
    expect(rereadLeft).not.toHaveBeenCalled();
    change('a', ready);
    expect(rereadLeft).toHaveBeenCalledTimes(1);
    expect(latch.find('a')).toBe(ready);
  });

  it('do not cause records to be read again when other projects change', () => {
    const { latch, change, rereadLeft } = latchOver({ a: unreadable });
    change('b', ready);
    latch.find('a');
    change('c', ready);
    expect(rereadLeft).not.toHaveBeenCalled();
  });

  it('cause the left records to be read again when the integration is removed', () => {
    const { latch, change, rereadLeft } = latchOver({ a: unreadable });
    latch.find('a');
    change('a', absent);
    expect(rereadLeft).toHaveBeenCalledTimes(1);
    expect(latch.find('a')).toBe(absent);
  });

  it('keep other integrations unreadable when one becomes readable', () => {
    const { latch, change, rereadLeft } = latchOver({ a: unreadable, b: unreadable });
    latch.find('a');
    latch.find('b');
    change('a', ready);
    expect(latch.find('b').kind).toBe('unreadable');
    change('b', ready);
    expect(rereadLeft).toHaveBeenCalledTimes(2);
  });

  it('are unreadable while their project is held, and cause its records to be read again when it is released', () => {
    const { latch, change, rereadLeft } = latchOver({ a: ready, b: unreadable });
    latch.hold('a', 'not writable');
    expect(latch.find('a')).toEqual({ kind: 'unreadable', detail: 'not writable' });
    latch.find('b');
    change('b', ready);
    expect(rereadLeft).toHaveBeenCalledTimes(1);
    expect(latch.find('a').kind).toBe('unreadable');
    latch.release('a');
    expect(rereadLeft).toHaveBeenCalledTimes(2);
    expect(latch.find('a')).toBe(ready);
  });
});

describe('a project that an empty store does not list', () => {
  const unlisted: IntegrationState = { ...unreadable, isStoreEmpty: true };

  it('is absent if it has no deliveries topic', () => {
    const { latch } = latchOver({ typo: unlisted, shop: unlisted }, { typo: false, shop: true });
    expect(latch.find('typo')).toEqual(absent);
    expect(latch.find('shop')).toBe(unlisted);
  });

  it('is unreadable until the topics are known, and its events are then read again', () => {
    const topics: Record<string, boolean> = {};
    const { latch, rereadLeft } = latchOver({ typo: unlisted }, topics);
    expect(latch.find('typo')).toBe(unlisted);
    latch.recheck();
    expect(rereadLeft).not.toHaveBeenCalled();
    topics['typo'] = false;
    latch.recheck();
    expect(rereadLeft).toHaveBeenCalledTimes(1);
    expect(latch.find('typo')).toEqual(absent);
  });

  it('is never absent if the store lists it, whether it has a topic or not', () => {
    expect(latchOver({ sealed: unreadable }, { sealed: false }).latch.find('sealed')).toBe(unreadable);
  });
});
