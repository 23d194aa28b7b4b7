import { type AlertStates, evaluate } from './evaluate';
import { type StateChange } from './notification';
import { type Observation, type ObservedIntegration } from './observation';

const minute = 60_000;
const settings = { retryingAfterMs: 10 * minute, recoveredAfterMs: 2 * minute, silenceAfterMs: 120 * minute };

/** Evaluates observations in order, each a number of minutes after the start. */
class Evaluations {
  private states: AlertStates = {};

  at(minutes: number, observed: Partial<Observation>): string[] {
    return this.changes(minutes, observed).map(({ level }) => level);
  }

  changes(minutes: number, observed: Partial<Observation>): StateChange[] {
    const unknown = {
      integrations: undefined,
      deadLetters: undefined,
      rejectedWebhooks: undefined,
      arrivals: undefined,
      backlogs: undefined,
    };
    const observation = { nowMs: minutes * minute, ...unknown, ...observed };
    const { states, changes } = evaluate(this.states, observation, settings);
    // As it is stored between two evaluations.
    this.states = JSON.parse(JSON.stringify(states)) as AlertStates;
    return changes;
  }

  /** The integration of one project. */
  delivery(minutes: number, state: ObservedIntegration['state']): string[] {
    return this.at(minutes, { integrations: [{ projectId: 'shop', state, status: 401 }] });
  }

  get stored(): AlertStates {
    return this.states;
  }
}

describe('the delivery of an integration', () => {
  it('is reported once when it is suspended, and once when it has recovered for some time', () => {
    const e = new Evaluations();
    expect(e.delivery(0, 'delivering')).toEqual([]);
    expect(e.delivery(1, 'suspended')).toEqual(['suspended']);
    expect(e.delivery(2, 'suspended')).toEqual([]);
    expect(e.delivery(3, 'delivering')).toEqual([]);
    expect(e.delivery(5, 'delivering')).toEqual(['clear']);
    expect(e.delivery(6, 'delivering')).toEqual([]);
    expect(e.stored).toEqual({});
  });

  it('is reported once while it flaps between suspended and delivering', () => {
    const e = new Evaluations();
    const levels = Array.from({ length: 40 }, (_, i) =>
      e.delivery(i, i % 2 === 0 ? 'suspended' : 'delivering'),
    );
    expect(levels.flat()).toEqual(['suspended']);
  });

  it('is reported as retrying only if it retries without interruption for long enough', () => {
    const e = new Evaluations();
    expect(e.delivery(0, 'retrying')).toEqual([]);
    expect(e.delivery(9, 'retrying')).toEqual([]);
    expect(e.delivery(9.5, 'delivering')).toEqual([]);
    expect(e.delivery(10, 'retrying')).toEqual([]);
    expect(e.delivery(19, 'retrying')).toEqual([]);
    expect(e.delivery(20, 'retrying')).toEqual(['retrying']);
    expect(e.delivery(60, 'retrying')).toEqual([]);
    expect(e.delivery(61, 'suspended')).toEqual(['suspended']);
  });

  it('is not reported while it is paused or removed, nor when that ends', () => {
    for (const integrations of [[{ projectId: 'shop', state: 'paused' as const, status: null }], []]) {
      const e = new Evaluations();
      expect(e.delivery(0, 'suspended')).toEqual(['suspended']);
      expect(e.at(1, { integrations })).toEqual([]);
      expect(e.stored).toEqual({});
      expect(e.delivery(9, 'delivering')).toEqual([]);
    }
  });

  it('keeps its state while it is unknown', () => {
    const e = new Evaluations();
    e.delivery(0, 'suspended');
    expect(e.delivery(1, 'unknown')).toEqual([]);
    expect(e.at(30, {})).toEqual([]);
    expect(e.delivery(31, 'suspended')).toEqual([]);
  });

  it('is reported for each project separately, with the status of the response', () => {
    const integrations = ['a', 'b'].map((projectId) => ({
      projectId,
      state: 'suspended' as const,
      status: 403,
    }));
    const changes = new Evaluations().changes(0, { integrations });
    expect(changes).toMatchObject([
      { subject: 'delivery', projectId: 'a', level: 'suspended', status: 403 },
      { subject: 'delivery', projectId: 'b', level: 'suspended', status: 403 },
    ]);
  });
});

describe('dead letters', () => {
  const letters = (reason: string, count: number) => ({ projectId: 'shop', reason, count, firstAtMs: 1 });

  it('are reported with the first one of each reason, and when none is open', () => {
    const e = new Evaluations();
    expect(e.changes(0, { deadLetters: [letters('too_large', 1)] })).toMatchObject([
      { subject: 'dead_letters', projectId: 'shop', reason: 'too_large', count: 1, level: 'raised' },
    ]);
    expect(e.at(1, { deadLetters: [letters('too_large', 7)] })).toEqual([]);
    expect(e.at(2, { deadLetters: [letters('too_large', 7), letters('statsig_400', 1)] })).toEqual([
      'raised',
    ]);
    expect(e.at(3, { deadLetters: [letters('statsig_400', 1)] })).toEqual([]);
    expect(e.at(5, { deadLetters: [letters('statsig_400', 1)] })).toEqual(['clear']);
    expect(e.at(6, { deadLetters: [letters('too_large', 1), letters('statsig_400', 1)] })).toEqual([
      'raised',
    ]);
  });
});

describe('rejected webhooks', () => {
  const rejected = (lastAtMinutes: number) => ({
    rejectedWebhooks: [
      { projectId: 'shop', outcome: 'unauthorized', count: 3, lastAtMs: lastAtMinutes * minute },
    ],
  });

  it('are reported once while RevenueCat repeats them', () => {
    const e = new Evaluations();
    const levels = [0, 5, 15, 35, 75, 155].flatMap((at) => [
      ...e.at(at, rejected(at)),
      ...e.at(at + 1, rejected(at)),
    ]);
    expect(levels).toEqual(['raised']);
    expect(e.at(275, rejected(155))).toEqual([]);
    expect(e.at(277, rejected(155))).toEqual(['clear']);
  });

  it('are not known to have ended while Redis does not respond', () => {
    const e = new Evaluations();
    e.at(0, rejected(0));
    expect([...e.at(10, {}), ...e.at(20, {})]).toEqual([]);
    expect(e.at(21, rejected(0))).toEqual([]);
  });
});

describe('silence', () => {
  const arrivals = (lastAtMinutes: number, wereExpected: boolean) => ({
    arrivals: [{ projectId: 'shop', lastAtMs: lastAtMinutes * minute, wereExpected }],
  });

  it('is reported if events were expected, and lasts until an event arrives', () => {
    const e = new Evaluations();
    expect(e.at(100, arrivals(0, true))).toEqual([]);
    expect(e.at(130, arrivals(0, false))).toEqual([]);
    expect(e.at(140, arrivals(0, true))).toEqual(['raised']);
    expect(e.at(500, arrivals(0, false))).toEqual([]);
    expect([...e.at(501, arrivals(501, false)), ...e.at(503, arrivals(501, false))]).toEqual(['clear']);
  });

  it('ends without a notification if the integration is removed', () => {
    const e = new Evaluations();
    expect(e.at(140, arrivals(0, true))).toEqual(['raised']);
    expect(e.at(141, { integrations: [], arrivals: [] })).toEqual([]);
    expect(e.stored).toEqual({});
  });
});

describe('retention', () => {
  const backlogs = (projectId: string | null, isAtRisk: boolean) => ({
    integrations: [{ projectId: 'shop', state: 'paused' as const, status: null }],
    backlogs: [{ projectId, isAtRisk }],
  });

  it('is reported when it is at risk, also of a paused integration, and when it no longer is', () => {
    const e = new Evaluations();
    expect(e.at(0, backlogs('shop', true))).toEqual(['raised']);
    expect([...e.at(1, backlogs('shop', false)), ...e.at(3, backlogs('shop', false))]).toEqual(['clear']);
  });

  it('keeps its state while the backlog cannot be read', () => {
    const e = new Evaluations();
    expect(e.at(0, backlogs(null, true))).toEqual(['raised']);
    expect(e.at(5, { integrations: [], backlogs: [] })).toEqual([]);
    expect(e.at(6, backlogs(null, true))).toEqual([]);
  });
});
