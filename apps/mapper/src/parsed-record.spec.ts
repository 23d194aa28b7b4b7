import { type IntegrationState } from '@app/integrations';
import { type ConsumedRecord, headerNames } from '@app/kafka';
import { anIntegration, eventBody } from '../../../libs/mapping/test/mapping.builder';
import { type ParsedRecord, parseRecord } from './parsed-record';

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

const parse = (headers: Record<string, string>, over?: Partial<ConsumedRecord>): ParsedRecord =>
  parseRecord(record(headers, over), {
    integrationOf: (projectId) => states[projectId] ?? { kind: 'absent' },
    defaultProjectId: 'default',
    nowMs,
  });

describe('parsing a record', () => {
  it('reads the time at which the event was received from the header', () => {
    expect(parse({ 'received-at-ms': String(timestampMs - 5) })).toMatchObject({
      receivedAtMs: timestampMs - 5,
    });
  });

  it.each(['', 'yesterday', '0', '-1', '1e300', 'Infinity', '99999999999999'])(
    "uses Kafka's time if the header is %j, and the current time if that is implausible too",
    (receivedAt) => {
      expect(parse({ 'received-at-ms': receivedAt })).toMatchObject({ receivedAtMs: timestampMs });
      expect(parse({ 'received-at-ms': receivedAt }, { timestampMs: -1 })).toMatchObject({
        receivedAtMs: nowMs,
      });
    },
  );

  it.each(['', 'a b', '../x', 'p'.repeat(65), 'a:b', '\u0000'])(
    'rejects a hostile project id: %j',
    (projectId) => {
      expect(parse({ 'project-id': projectId })).toMatchObject({
        kind: 'invalid',
        reason: 'project_id_malformed',
        event: { projectId: 'default' },
      });
    },
  );

  it('belongs to the default project if the header is absent', () => {
    expect(parse({})).toMatchObject({ kind: 'valid', projectId: 'default' });
    expect(parse({ 'project-id': 'other' })).toMatchObject({
      kind: 'invalid',
      reason: 'no_integration',
    });
  });

  it('waits if the integration of its project is unreadable', () => {
    expect(parse({ 'project-id': 'sealed' })).toMatchObject({ kind: 'waiting' });
    expect(parse({ 'project-id': 'sealed' }, { value: null })).toMatchObject({ kind: 'invalid' });
  });

  it('reports a record that represents a batch that was too large to read', () => {
    const oversized = { [headerNames.oversizedBatch]: '7-9' };
    expect(parse(oversized, { value: null })).toMatchObject({
      kind: 'invalid',
      reason: 'batch_too_large',
      detail: expect.stringContaining('offsets 7-9 of partition 0') as unknown,
    });
    expect(parse(oversized)).toMatchObject({ kind: 'valid' });
  });

  it('rejects a record without a value', () => {
    expect(parse({}, { value: null })).toMatchObject({ kind: 'invalid', reason: 'not_json' });
  });
});
