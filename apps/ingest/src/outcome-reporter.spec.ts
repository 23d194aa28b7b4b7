import { silentLogger } from '@app/testing';
import { register } from 'prom-client';
import { OutcomeReporter } from './outcome-reporter';
import { rejection } from './rejection';

const unauthorized = {
  ...rejection('unauthorized', { status: 401, detail: 'Compare it.' }, 'It is short.'),
  projectId: 'shop',
};

function reporter(add = jest.fn().mockResolvedValue(undefined)) {
  let nowMs = 1_000_000;
  const logger = silentLogger.child({});
  const warn = jest.spyOn(logger, 'warn');
  const debug = jest.spyOn(logger, 'debug');
  return {
    reporter: new OutcomeReporter({ add }, logger, () => nowMs),
    add,
    warn,
    debug,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('outcomes', () => {
  beforeEach(() => {
    register.resetMetrics();
  });

  it('are counted by project and outcome', async () => {
    const { reporter: it } = reporter();
    it.report({ kind: 'accepted', projectId: 'shop', eventId: '1', type: 'TEST' }, 0.1);
    it.report(unauthorized, 0.1);
    it.report({ ...unauthorized, outcome: 'unknown_project', projectId: undefined }, 0.1);
    const text = await register.metrics();
    expect(text).toContain('rcstatsig_ingest_requests_total{project="shop",outcome="accepted"} 1');
    expect(text).toContain('rcstatsig_ingest_requests_total{project="shop",outcome="unauthorized"} 1');
    expect(text).toContain('rcstatsig_ingest_requests_total{project="unknown",outcome="unknown_project"} 1');
    expect(text).not.toContain('rcstatsig_dead_letters_total{');
    expect(text).toContain('rcstatsig_ingest_last_accepted_timestamp_seconds{project="shop"} 1000');
  });

  it('are also counted as dead letters if the body was kept', async () => {
    const { reporter: it } = reporter();
    it.report({ ...unauthorized, outcome: 'invalid_event', deadLetterReason: 'no_user' }, 0.1);
    expect(await register.metrics()).toContain(
      'rcstatsig_dead_letters_total{stage="ingest",project="shop",reason="no_user"} 1',
    );
  });

  it('are logged as a warning once a minute for each kind of rejection, with their number', () => {
    const { reporter: it, warn, debug, pass } = reporter();
    for (let n = 0; n < 5; n++) it.report({ ...unauthorized, eventId: `e${n}` }, 0);
    it.report({ ...unauthorized, projectId: 'other' }, 0);
    expect(warn).toHaveBeenCalledTimes(2);
    expect(debug).toHaveBeenCalledTimes(4);
    expect(debug).toHaveBeenLastCalledWith(expect.objectContaining({ eventId: 'e4' }), 'webhook rejected');
    pass(60_000);
    it.report(unauthorized, 0);
    expect(warn).toHaveBeenCalledTimes(3);
    expect(warn).toHaveBeenLastCalledWith(
      expect.objectContaining({ projectId: 'shop', outcome: 'unauthorized', sinceLastLine: 5 }),
      'webhook rejected',
    );
  });

  it('are published as counts, with the latest detail', async () => {
    const { reporter: it, add } = reporter();
    it.report(unauthorized, 0);
    it.report(unauthorized, 0);
    await it.publish();
    await it.publish();
    expect(add.mock.calls).toEqual([
      [
        {
          projectId: 'shop',
          outcome: 'unauthorized',
          count: 2,
          lastAtMs: 1_000_000,
          detail: 'Compare it. It is short.',
        },
      ],
    ]);
  });

  it('accumulate while Redis is unavailable', async () => {
    const pending = Promise.withResolvers<undefined>();
    const add = jest.fn().mockReturnValueOnce(pending.promise).mockResolvedValue(undefined);
    const { reporter: it } = reporter(add);
    it.report(unauthorized, 0);
    const first = it.publish();
    it.report(unauthorized, 0);
    it.report(unauthorized, 0);
    await it.publish();
    expect(add).toHaveBeenCalledTimes(1);
    pending.resolve(undefined);
    await first;
    await it.publish();
    expect(add).toHaveBeenLastCalledWith(expect.objectContaining({ count: 2 }));
  });

  it('are published later, together with newer ones, if Redis rejects them, and log that once', async () => {
    const add = jest.fn().mockRejectedValue(new Error('OOM command not allowed'));
    const { reporter: it, warn, pass } = reporter(add);
    it.report(unauthorized, 0);
    it.report({ ...unauthorized, projectId: 'other' }, 0);
    for (let times = 0; times < 3; times++) await it.publish();
    pass(1_000);
    it.report(unauthorized, 0);
    add.mockClear().mockResolvedValue(undefined);
    await it.publish();
    await it.publish();
    expect(add.mock.calls.flat()).toEqual([
      expect.objectContaining({ projectId: 'shop', count: 2, lastAtMs: 1_001_000 }),
      expect.objectContaining({ projectId: 'other', count: 1, lastAtMs: 1_000_000 }),
    ]);
    const failures = warn.mock.calls.filter(([, message]) => message?.includes('publish') === true);
    expect(failures).toHaveLength(1);
  });

  it('keep the latest detail if an earlier one could not be published', async () => {
    const failing = Promise.withResolvers<undefined>();
    const add = jest.fn().mockReturnValueOnce(failing.promise).mockResolvedValue(undefined);
    const { reporter: it, pass } = reporter(add);
    it.report(unauthorized, 0);
    const first = it.publish();
    pass(1_000);
    it.report({ ...unauthorized, forOperator: 'It is long.' }, 0);
    failing.reject(new Error('READONLY'));
    await first;
    await it.publish();
    expect(add).toHaveBeenLastCalledWith(
      expect.objectContaining({ count: 2, lastAtMs: 1_001_000, detail: 'Compare it. It is long.' }),
    );
  });
});

describe('connections that are closed before a request is complete', () => {
  it('are counted by cause, and the console shows those beyond the limit as rejected webhooks', async () => {
    register.resetMetrics();
    const { reporter: it, add, warn } = reporter();
    it.reportConnection('malformed');
    for (let times = 0; times < 3; times++) it.reportConnection('connection_limit');
    const text = await register.metrics();
    expect(text).toContain('rcstatsig_ingest_connection_problems_total{cause="malformed"} 1');
    expect(text).toContain('rcstatsig_ingest_connection_problems_total{cause="connection_limit"} 3');
    expect(warn).toHaveBeenCalledTimes(1);
    await it.publish();
    expect(add.mock.calls.flat()).toEqual([
      expect.objectContaining({ projectId: 'unknown', outcome: 'overloaded', count: 3 }),
    ]);
  });
});
