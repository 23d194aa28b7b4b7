import { LogThrottle } from '@app/platform';
import { silentLogger } from '@app/testing';
import { register } from 'prom-client';
import { anIntegration, eventBody } from '../../../libs/mapping/test/mapping.builder';
import { batchOf, eventRecord, portsWith, profiles } from '../test/stage.builder';
import { mapBatch } from './mapper.stage';
import { OutcomeReporter } from './outcome-reporter';

const event = (id: string, fields = {}): object => eventBody({ id, ...fields });
const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

async function counted(name = 'rcstatsig_mapper_outcomes_total'): Promise<string[]> {
  const text = await register.getSingleMetricAsString(name);
  return text.split('\n').filter((line) => line.startsWith(`${name}{`));
}

function reporting(maxRecordBytes = 1_000_000) {
  let nowMs = 0;
  const logger = silentLogger.child({});
  const warn = jest.spyOn(logger, 'warn');
  const ports = portsWith({
    profiles,
    maxRecordBytes,
    reporter: new OutcomeReporter(logger, new LogThrottle(() => nowMs)),
    integrations: {
      whenAny: () => Promise.resolve(true),
      refresh: () => Promise.resolve(),
      find: (projectId) =>
        projectId.startsWith('absent')
          ? { kind: 'absent' }
          : { kind: 'ready', integration: anIntegration({ projectId, format: 'log_event' }) },
    },
  });
  return {
    ports,
    warn,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('outcomes of mapping', () => {
  beforeEach(() => {
    register.resetMetrics();
  });

  it('are counted by project, outcome and reason', async () => {
    const { ports } = reporting();
    const records = [
      eventRecord(event('a')),
      eventRecord(event('b'), { projectId: 'shop' }),
      eventRecord(event('c', { type: 'UNSELECTED' }), { projectId: 'shop' }),
      eventRecord(event('d', { environment: 'SANDBOX' }), { projectId: 'shop' }),
      eventRecord(event('e', { type: 'TRANSFER', transferred_from: ['x'.repeat(200)], transferred_to: ['bob'], original_app_user_id: null })), // prettier-ignore
      eventRecord(Buffer.from([0, 0, 0, 0, 7, 0x52])),
    ];
    await mapBatch(batchOf(records), ports);
    expect(new Set(await counted())).toEqual(
      new Set([
        'rcstatsig_mapper_outcomes_total{project="default",outcome="mapped",reason=""} 2',
        'rcstatsig_mapper_outcomes_total{project="shop",outcome="mapped",reason=""} 1',
        'rcstatsig_mapper_outcomes_total{project="shop",outcome="filtered",reason="type_not_selected"} 1',
        'rcstatsig_mapper_outcomes_total{project="shop",outcome="filtered",reason="sandbox_excluded"} 1',
        'rcstatsig_mapper_outcomes_total{project="default",outcome="dead_lettered",reason="no_user"} 1',
        'rcstatsig_mapper_outcomes_total{project="unknown",outcome="dead_lettered",reason="schema_registry_payload"} 1',
      ]),
    );
  });

  it('have a bounded number of series, whatever project ids a producer writes into headers', async () => {
    const { ports } = reporting();
    const records = Array.from({ length: 50 }, (_, n) => [
      eventRecord(event(`a${n}`), { projectId: `absent-${n}` }),
      eventRecord(event(`m${n}`), { projectId: `not a project ${n}` }),
    ]).flat();
    await mapBatch(batchOf(records), ports);
    expect(await counted()).toEqual([
      'rcstatsig_mapper_outcomes_total{project="unknown",outcome="dead_lettered",reason="no_integration"} 50',
      'rcstatsig_mapper_outcomes_total{project="unknown",outcome="dead_lettered",reason="project_id_malformed"} 50',
    ]);
    expect(await counted('rcstatsig_dead_letters_total')).toEqual([
      'rcstatsig_dead_letters_total{stage="mapper",project="unknown",reason="no_integration"} 50',
      'rcstatsig_dead_letters_total{stage="mapper",project="unknown",reason="project_id_malformed"} 50',
    ]);
  });

  it('are counted as written: a delivery that is too large is a dead letter', async () => {
    const { ports } = reporting(2_000);
    await mapBatch(batchOf([eventRecord(event('a', { aliases: ['u', 'x'.repeat(3_000)], subscriber_attributes: { plan: { value: 'x'.repeat(1_900), updated_at_ms: 1 } } }))]), ports); // prettier-ignore
    expect(await counted()).toEqual([
      'rcstatsig_mapper_outcomes_total{project="default",outcome="dead_lettered",reason="delivery_too_large"} 1',
    ]);
  });

  it('are not counted while they are not written', async () => {
    const { ports } = reporting();
    const producer = { send: () => Promise.reject(new Error('closed')) };
    await expect(mapBatch(batchOf([eventRecord(event('a'))]), { ...ports, producer })).rejects.toThrow(
      'closed',
    );
    expect(await counted()).toEqual([]);
  });

  it('are logged once a minute for each project and reason of dead letters, without content of the event', async () => {
    const { ports, warn, pass } = reporting();
    const marked = 'maya@example.com';
    const dead = [
      eventRecord(Buffer.from(`${marked} is not JSON`)),
      eventRecord(Buffer.from(`{"event": ${marked}`)),
      eventRecord(event('deep'), { value: Buffer.from(`{"event":{"id":"deep","type":"RENEWAL","app_user_id":"${marked}","subscriber_attributes":${deep}}}`) }), // prettier-ignore
      eventRecord(event('f'), { projectId: 'absent' }),
    ];
    await mapBatch(batchOf(dead), ports);
    await mapBatch(batchOf(dead), ports);
    const lines = warn.mock.calls.map(([fields]) => fields as Record<string, unknown>);
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ reason: 'not_json', sinceLastLine: 1, record: 'revenuecat.events/0/0' }),
        expect.objectContaining({ reason: 'no_integration', projectId: 'absent', eventId: 'f' }),
      ]),
    );
    expect(new Set(lines.map(({ reason }) => reason)).size).toBe(lines.length);
    pass(60_000);
    await mapBatch(batchOf(dead), ports);
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ reason: 'not_json', sinceLastLine: 4 }),
      'event dead-lettered',
    );
    expect(JSON.stringify(warn.mock.calls)).not.toContain('maya');
  });
});
