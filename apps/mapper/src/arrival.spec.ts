import { type IntegrationState } from '@app/integrations';
import { type ConsumedRecord, headerNames } from '@app/kafka';
import { anIntegration, eventBody } from '../test/mapping.builder';
import { type Arrival, read } from './arrival';

const nowMs = Date.UTC(2026, 5, 1);
const timestampMs = Date.UTC(2026, 4, 1);

const record = (headers: Record<string, string>, over: Partial<ConsumedRecord> = {}): ConsumedRecord => ({
  topic: 'revenuecat.events',
  partition: 0,
  offset: 0,
  timestampMs,
  key: null,
  value: Buffer.from(JSON.stringify(eventBody())),
  headers,
  ...over,
});

const states: Record<string, IntegrationState> = {
  default: { kind: 'ready', integration: anIntegration() },
  sealed: { kind: 'unreadable', detail: 'wrong key' },
};

const arrivalOf = (headers: Record<string, string>, over?: Partial<ConsumedRecord>): Arrival =>
  read(record(headers, over), {
    integrationOf: (projectId) => states[projectId] ?? { kind: 'absent' },
    defaultProjectId: 'default',
    nowMs,
  });

describe('reading a record', () => {
  it('takes the time of arrival from the header', () => {
    expect(arrivalOf({ 'received-at-ms': String(timestampMs - 5) })).toMatchObject({
      receivedAtMs: timestampMs - 5,
    });
  });

  it.each(['', 'yesterday', '0', '-1', '1e300', 'Infinity', '99999999999999'])(
    'takes Kafka’s own time where the header says %j, and ours where that is absurd too',
    (said) => {
      expect(arrivalOf({ 'received-at-ms': said })).toMatchObject({ receivedAtMs: timestampMs });
      expect(arrivalOf({ 'received-at-ms': said }, { timestampMs: -1 })).toMatchObject({
        receivedAtMs: nowMs,
      });
    },
  );

  it.each(['', 'a b', '../x', 'p'.repeat(65), 'a:b', '\u0000'])(
    'keeps a hostile project id out: %j',
    (projectId) => {
      expect(arrivalOf({ 'project-id': projectId })).toMatchObject({
        kind: 'unusable',
        reason: 'project_id_malformed',
        event: { projectId: 'default' },
      });
    },
  );

  it('belongs to the default project unless it says otherwise', () => {
    expect(arrivalOf({})).toMatchObject({ kind: 'readable', projectId: 'default' });
    expect(arrivalOf({ 'project-id': 'other' })).toMatchObject({
      kind: 'unusable',
      reason: 'no_integration',
    });
  });

  it('waits if the integration of its project cannot be read', () => {
    expect(arrivalOf({ 'project-id': 'sealed' })).toMatchObject({ kind: 'waiting' });
    expect(arrivalOf({ 'project-id': 'sealed' }, { value: null })).toMatchObject({ kind: 'unusable' });
  });

  it('says of a record that stands for a batch which was too large to be read', () => {
    const oversized = { [headerNames.oversizedBatch]: '7-9' };
    expect(arrivalOf(oversized, { value: null })).toMatchObject({
      kind: 'unusable',
      reason: 'batch_too_large',
      detail: expect.stringContaining('offsets 7-9 of partition 0') as unknown,
    });
    expect(arrivalOf(oversized)).toMatchObject({ kind: 'readable' });
  });

  it('says of a record without a value that it is none', () => {
    expect(arrivalOf({}, { value: null })).toMatchObject({ kind: 'unusable', reason: 'not_json' });
  });
});
