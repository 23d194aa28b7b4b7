import fc from 'fast-check';
import { InMemoryLedger } from '../../test/in-memory-ledger';
import { deliveredMark, type LedgerState, parseState } from './ledger';

const leaseMs = 60_000;
const ours = { token: 'ours' };
const theirs = { token: 'theirs' };
const redriveOf = (deadLetter: string, owner = theirs) => ({ ...owner, redriveOf: deadLetter });

describe('the ledger that leaves ambiguous attempts to an operator', () => {
  const newLedger = () => new InMemoryLedger({ leaseMs, onAmbiguous: 'dead_letter' });

  /** An attempt that may have reached Statsig. */
  const ambiguous = () => {
    const ledger = newLedger();
    ledger.claim('e', ours, 0);
    ledger.markMaybeDelivered('e', ours, 0);
    return ledger;
  };

  it('rejects every copy of an event that was maybe delivered', () => {
    const ledger = ambiguous();
    expect(ledger.claim('e', ours, 1)).toBe('maybe_delivered');
    expect(ledger.claim('e', theirs, 10 * leaseMs)).toBe('maybe_delivered');
  });

  it('allows each redrive one attempt that may reach Statsig', () => {
    const ledger = ambiguous();
    expect(ledger.claim('e', redriveOf('dl/0/1'), 1)).toBe('claimed');
    ledger.markMaybeDelivered('e', redriveOf('dl/0/1'), 1);
    expect(ledger.claim('e', redriveOf('dl/0/1'), 2)).toBe('maybe_delivered');
    expect(ledger.claim('e', redriveOf('dl/0/1', ours), 2)).toBe('maybe_delivered');
    expect(ledger.claim('e', redriveOf('dl/0/7'), 2)).toBe('claimed');
  });

  it('lets a redrive be claimed again after an attempt that did not reach Statsig, and still rejects copies', () => {
    const ledger = ambiguous();
    ledger.claim('e', redriveOf('dl/0/1'), 1);
    ledger.release('e', redriveOf('dl/0/1'));
    expect(ledger.claim('e', ours, 2)).toBe('maybe_delivered');
    expect(ledger.claim('e', redriveOf('dl/0/1'), 2)).toBe('claimed');
  });

  it('rejects a copy even if the release of a redrive was lost and the same process reads the copy', () => {
    const ledger = ambiguous();
    ledger.claim('e', redriveOf('dl/0/1'), 1);
    expect(ledger.claim('e', theirs, 2)).toBe('maybe_delivered');
    expect(ledger.claim('e', redriveOf('dl/0/1'), 3)).toBe('claimed');
  });

  it('reports an expired lease of another process as abandoned, to any process', () => {
    const ledger = newLedger();
    ledger.claim('e', ours, 0);
    expect(ledger.claim('e', theirs, leaseMs - 1)).toBe('leased_elsewhere');
    expect(ledger.claim('e', theirs, leaseMs)).toBe('abandoned');
    expect(ledger.claim('e', { token: 'third' }, leaseMs)).toBe('abandoned');
    ledger.markMaybeDelivered('e', theirs, leaseMs);
    expect(ledger.claim('e', theirs, leaseMs)).toBe('maybe_delivered');
  });

  it('lets a redrive claim an abandoned event, but not the redrive whose process has vanished', () => {
    const ledger = ambiguous();
    ledger.claim('e', redriveOf('dl/0/1'), 0);
    expect(ledger.claim('e', redriveOf('dl/0/1', ours), leaseMs)).toBe('abandoned');
    expect(ledger.claim('e', redriveOf('dl/0/2', ours), leaseMs)).toBe('claimed');
    // The lease of the second redrive records the first one.
    ledger.release('e', ours);
    expect(ledger.claim('e', redriveOf('dl/0/1'), leaseMs)).toBe('maybe_delivered');
  });

  it('does not mark an event as maybe delivered if it was delivered, or if another process is sending it', () => {
    const ledger = newLedger();
    ledger.claim('e', ours, 0);
    ledger.markMaybeDelivered('e', theirs, leaseMs - 1);
    expect(ledger.markDelivered('e', ours)).toBe('owned');
    ledger.markMaybeDelivered('e', theirs, leaseMs);
    expect(ledger.claim('e', redriveOf('dl/0/1'), leaseMs)).toBe('delivered');
  });

  it('reports a late mark as a possible repeat only if a redrive was attempted in the meantime', () => {
    const late = newLedger();
    late.claim('e', ours, 0);
    late.markMaybeDelivered('e', theirs, leaseMs);
    const repeated = newLedger();
    repeated.claim('e', ours, 0);
    repeated.claim('e', redriveOf('dl/0/1'), leaseMs);
    repeated.markMaybeDelivered('e', redriveOf('dl/0/1'), leaseMs);
    expect(late.markDelivered('e', ours)).toBe('expired');
    expect(repeated.markDelivered('e', ours)).toBe('taken_over');
  });

  /** The outcome for a record that a process has claimed. */
  type Fate = 'delivered' | 'ambiguous' | 'rejected' | 'crash before' | 'crash after' | 'release lost';

  it('never lets a record be sent again once it may have reached Statsig, despite crashes', () => {
    const records = [undefined, undefined, 'dl/0/1', 'dl/0/1', 'dl/0/2', 'dl/0/3'];
    const step = fc.record({
      record: fc.nat({ max: records.length - 1 }),
      process: fc.constantFrom('a', 'b'),
      fate: fc.constantFrom<Fate>(
        'delivered',
        'ambiguous',
        'rejected',
        'crash before',
        'crash after',
        'release lost',
      ),
      waitMs: fc.constantFrom(0, 1, leaseMs),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ledger = newLedger();
        const mayHaveReached: (string | undefined)[] = [];
        const lives = new Map([
          ['a', 0],
          ['b', 0],
        ]);
        let nowMs = 0;
        for (const { record, process, fate, waitMs } of steps) {
          nowMs += waitMs;
          const life = lives.get(process) ?? 0;
          const owner = { token: `${process}-${String(life)}`, redriveOf: records[record] };
          const result = ledger.claim('e', owner, nowMs);
          if (result === 'abandoned') ledger.markMaybeDelivered('e', owner, nowMs);
          if (result !== 'claimed') continue;
          if (fate === 'delivered' || fate === 'ambiguous' || fate === 'crash after') {
            mayHaveReached.push(owner.redriveOf);
          }
          if (fate === 'delivered') ledger.markDelivered('e', owner);
          if (fate === 'ambiguous') ledger.markMaybeDelivered('e', owner, nowMs);
          if (fate === 'rejected') ledger.release('e', owner);
          if (fate.startsWith('crash')) lives.set(process, life + 1);
        }
        expect(new Set(mayHaveReached).size).toBe(mayHaveReached.length);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the ledger that retries ambiguous attempts', () => {
  const newLedger = () => new InMemoryLedger({ leaseMs, onAmbiguous: 'retry' });

  it('lets another process claim an event after the lease has expired, and reports that to the late owner', () => {
    const ledger = newLedger();
    ledger.claim('e', ours, 0);
    expect(ledger.claim('e', theirs, leaseMs - 1)).toBe('leased_elsewhere');
    expect(ledger.claim('e', theirs, leaseMs)).toBe('claimed');
    expect(ledger.markDelivered('e', ours)).toBe('taken_over');
  });

  it('renews the lease of an owner that claims again', () => {
    const ledger = newLedger();
    ledger.claim('e', ours, 0);
    expect(ledger.claim('e', ours, leaseMs - 1)).toBe('claimed');
    expect(ledger.claim('e', theirs, leaseMs)).toBe('leased_elsewhere');
  });

  it('allows events to be sent that were maybe delivered under the other rule', () => {
    const ledger = newLedger();
    ledger.markMaybeDelivered('e', ours, 0);
    expect(ledger.claim('e', theirs, 0)).toBe('claimed');
  });

  it('recognizes its own mark that was repeated after a lost connection', () => {
    const ledger = newLedger();
    ledger.claim('e', ours, 0);
    expect(ledger.markDelivered('e', ours)).toBe('owned');
    expect(ledger.markDelivered('e', ours)).toBe('owned');
    expect(ledger.markDelivered('e', theirs)).toBe('taken_over');
  });
});

describe('ledger values', () => {
  it('marks deliveries with an integer that Redis shares between keys', () => {
    fc.assert(
      fc.property(fc.string(), (token) => {
        const mark = deliveredMark(token);
        expect(mark).toBeGreaterThan(0);
        expect(mark).toBeLessThan(10_000);
      }),
    );
  });

  it.each<[string | null, LedgerState]>([
    [null, { kind: 'absent' }],
    ['1', { kind: 'delivered', mark: 1 }],
    ['maybe', { kind: 'maybe', redrives: [] }],
    ['maybe dl/0/1 dl/0/2', { kind: 'maybe', redrives: ['dl/0/1', 'dl/0/2'] }],
    ['leased:t', { kind: 'leased', token: 't', expiresAtMs: Infinity, outlivesExpiry: false }],
    ['leased:t 5 -', { kind: 'leased', token: 't', expiresAtMs: 5, outlivesExpiry: true }],
    [
      'leased:t 5 dl/0/2 maybe dl/0/1',
      {
        kind: 'leased',
        token: 't',
        expiresAtMs: 5,
        outlivesExpiry: true,
        redriveOf: 'dl/0/2',
        prior: { kind: 'maybe', redrives: ['dl/0/1'] },
      },
    ],
  ])('reads %s', (value, state) => {
    expect(parseState(value)).toEqual(state);
  });
});
