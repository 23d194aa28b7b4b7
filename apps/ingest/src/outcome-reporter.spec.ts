import { createLogger } from '@app/platform';
import { register } from 'prom-client';
import { OutcomeReporter } from './outcome-reporter';
import { refusal } from './problem';

const unauthorized = {
  ...refusal('unauthorized', { status: 401, title: 'Unauthorized', detail: 'Compare it.' }, 'It is short.'),
  projectId: 'shop',
};

function reporter(add = jest.fn().mockResolvedValue(undefined)) {
  let nowMs = 1_000_000;
  const logger = createLogger('spec', 'silent');
  const warn = jest.spyOn(logger, 'warn');
  return {
    reporter: new OutcomeReporter({ add }, logger, () => nowMs),
    add,
    warn,
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
    it.report({ kind: 'accepted', projectId: 'shop', eventId: '1' }, 0.1);
    it.report(unauthorized, 0.1);
    it.report({ ...unauthorized, outcome: 'unknown_project', projectId: undefined }, 0.1);
    const text = await register.metrics();
    expect(text).toContain('ingest_requests_total{project="shop",outcome="accepted"} 1');
    expect(text).toContain('ingest_requests_total{project="shop",outcome="unauthorized"} 1');
    expect(text).toContain('ingest_requests_total{project="unknown",outcome="unknown_project"} 1');
    expect(text).toContain('ingest_last_accepted_timestamp_seconds{project="shop"} 1000');
  });

  it('have one log line a minute for each kind of refusal, which says how many there were', () => {
    const { reporter: it, warn, pass } = reporter();
    for (let n = 0; n < 5; n++) it.report(unauthorized, 0);
    it.report({ ...unauthorized, projectId: 'other' }, 0);
    expect(warn).toHaveBeenCalledTimes(2);
    pass(60_000);
    it.report(unauthorized, 0);
    expect(warn).toHaveBeenCalledTimes(3);
    expect(warn).toHaveBeenLastCalledWith(
      expect.objectContaining({ projectId: 'shop', outcome: 'unauthorized', sinceLastLine: 5 }),
      'webhook refused',
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
});
