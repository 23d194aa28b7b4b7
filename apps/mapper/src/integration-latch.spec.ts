import { type IntegrationState } from '@app/integrations';
import { createLogger } from '@app/platform';
import { anIntegration } from '../test/mapping.builder';
import { IntegrationLatch } from './integration-latch';

const ready: IntegrationState = { kind: 'ready', integration: anIntegration() };
const unreadable: IntegrationState = { kind: 'unreadable', detail: 'wrong key' };
const absent: IntegrationState = { kind: 'absent' };

function latchOver(states: Record<string, IntegrationState>) {
  const listeners: ((projectIds: ReadonlySet<string>) => void)[] = [];
  const rereadLeft = jest.fn();
  const registry = {
    find: (projectId: string) => states[projectId] ?? absent,
    whenAny: () => Promise.resolve(true),
    onChange: (listener: (projectIds: ReadonlySet<string>) => void) => {
      listeners.push(listener);
      return () => true;
    },
  };
  const latch = new IntegrationLatch(registry, rereadLeft, createLogger('test', 'silent'));
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

  it('keep an unreadable one unreadable until what was left is read again', () => {
    const { latch, change, rereadLeft } = latchOver({ a: unreadable });
    latch.find('a');
    change('a', ready, false);
    expect(latch.find('a').kind).toBe('unreadable');
    expect(rereadLeft).not.toHaveBeenCalled();
    change('a', ready);
    expect(rereadLeft).toHaveBeenCalledTimes(1);
    expect(latch.find('a')).toBe(ready);
  });

  it('do not have anything read again for changes of other projects', () => {
    const { latch, change, rereadLeft } = latchOver({ a: unreadable });
    change('b', ready);
    latch.find('a');
    change('c', ready);
    expect(rereadLeft).not.toHaveBeenCalled();
  });

  it('have what was left read again when the integration is removed', () => {
    const { latch, change, rereadLeft } = latchOver({ a: unreadable });
    latch.find('a');
    change('a', absent);
    expect(rereadLeft).toHaveBeenCalledTimes(1);
    expect(latch.find('a')).toBe(absent);
  });

  it('keep others unreadable when one becomes readable', () => {
    const { latch, change, rereadLeft } = latchOver({ a: unreadable, b: unreadable });
    latch.find('a');
    latch.find('b');
    change('a', ready);
    expect(latch.find('b').kind).toBe('unreadable');
    change('b', ready);
    expect(rereadLeft).toHaveBeenCalledTimes(2);
  });
});
