import { type IntegrationState } from '@app/integrations';
import { silentLogger } from '@app/testing';
import { anIntegration } from '../../../libs/mapping/test/mapping.builder';
import { IntegrationLookup } from './integration-lookup';

const ready: IntegrationState = { kind: 'ready', integration: anIntegration() };
const unreadable: IntegrationState = { kind: 'unreadable', detail: 'wrong key' };
const absent: IntegrationState = { kind: 'absent' };

function lookupOver(states: Record<string, IntegrationState>, topics?: Record<string, boolean>) {
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
  const lookup = new IntegrationLookup(registry, hasTopic, rereadLeft, silentLogger);
  const change = (projectId: string, state: IntegrationState, isReported = true): void => {
    states[projectId] = state;
    if (isReported) for (const listener of listeners) listener(new Set([projectId]));
  };
  return { lookup, change, rereadLeft };
}

describe('the integrations as the mapper sees them', () => {
  it('are those of the registry', () => {
    const { lookup } = lookupOver({ a: ready, b: unreadable });
    expect(lookup.find('a')).toBe(ready);
    expect(lookup.find('b')).toBe(unreadable);
    expect(lookup.find('c')).toBe(absent);
  });

  it('keep an integration unreadable until the left records are read again', () => {
    const { lookup, change, rereadLeft } = lookupOver({ a: unreadable });
    lookup.find('a');
    change('a', ready, false);
    expect(lookup.find('a').kind).toBe('unreadable');
    expect(rereadLeft).not.toHaveBeenCalled();
    change('a', ready);
    expect(rereadLeft).toHaveBeenCalledTimes(1);
    expect(lookup.find('a')).toBe(ready);
  });

  it('do not cause records to be read again when other projects change', () => {
    const { lookup, change, rereadLeft } = lookupOver({ a: unreadable });
    change('b', ready);
    lookup.find('a');
    change('c', ready);
    expect(rereadLeft).not.toHaveBeenCalled();
  });

  it('cause the left records to be read again when the integration is removed', () => {
    const { lookup, change, rereadLeft } = lookupOver({ a: unreadable });
    lookup.find('a');
    change('a', absent);
    expect(rereadLeft).toHaveBeenCalledTimes(1);
    expect(lookup.find('a')).toBe(absent);
  });

  it('keep other integrations unreadable when one becomes readable', () => {
    const { lookup, change, rereadLeft } = lookupOver({ a: unreadable, b: unreadable });
    lookup.find('a');
    lookup.find('b');
    change('a', ready);
    expect(lookup.find('b').kind).toBe('unreadable');
    change('b', ready);
    expect(rereadLeft).toHaveBeenCalledTimes(2);
  });

  it('are unreadable while their project is deferred, and cause its records to be read again when it is resumed', () => {
    const { lookup, change, rereadLeft } = lookupOver({ a: ready, b: unreadable });
    lookup.defer('a', 'not writable');
    expect(lookup.find('a')).toEqual({ kind: 'unreadable', detail: 'not writable' });
    lookup.find('b');
    change('b', ready);
    expect(rereadLeft).toHaveBeenCalledTimes(1);
    expect(lookup.find('a').kind).toBe('unreadable');
    lookup.resume('a');
    expect(rereadLeft).toHaveBeenCalledTimes(2);
    expect(lookup.find('a')).toBe(ready);
  });
});

describe('a project that an empty store does not list', () => {
  const unlisted: IntegrationState = { ...unreadable, isStoreEmpty: true };

  it('is absent if it has no deliveries topic', () => {
    const { lookup } = lookupOver({ typo: unlisted, shop: unlisted }, { typo: false, shop: true });
    expect(lookup.find('typo')).toEqual(absent);
    expect(lookup.find('shop')).toBe(unlisted);
  });

  it('is unreadable until the topics are known, and its events are then read again', () => {
    const topics: Record<string, boolean> = {};
    const { lookup, rereadLeft } = lookupOver({ typo: unlisted }, topics);
    expect(lookup.find('typo')).toBe(unlisted);
    lookup.recheck();
    expect(rereadLeft).not.toHaveBeenCalled();
    topics['typo'] = false;
    lookup.recheck();
    expect(rereadLeft).toHaveBeenCalledTimes(1);
    expect(lookup.find('typo')).toEqual(absent);
  });

  it('is never absent if the store lists it, whether it has a topic or not', () => {
    expect(lookupOver({ sealed: unreadable }, { sealed: false }).lookup.find('sealed')).toBe(unreadable);
  });
});
