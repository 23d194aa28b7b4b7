import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type WebhookCredentials } from '@app/integrations';
import {
  headerNames,
  KafkaUnavailableError,
  type ProducedRecord,
  RecordsRejectedError,
  topicNames,
} from '@app/kafka';
import { webhookRequest } from '../test/webhook-request';
import { ingest, type IngestPorts, type WebhookRequest } from './ingest.stage';

const nowMs = 1_767_312_000_000;
const event = Buffer.from('{"event":{"id":"1","type":"RENEWAL","app_user_id":"anna"}}');

function portsWith(
  credentials: WebhookCredentials,
  changed: Partial<IngestPorts> = {},
): IngestPorts & { written: unknown[] } {
  const written: unknown[] = [];
  return {
    endpoints: { find: () => credentials, projectsOf: () => ['default'], isAbsent: () => false },
    defaultProjectId: 'default',
    signatureToleranceMs: 300_000,
    maxBytes: 10_000,
    topics: topicNames(''),
    writeEvent: ({ value }) => Promise.resolve(void written.push(value)),
    writeDeadLetter: () => Promise.resolve(),
    written,
    ...changed,
  };
}

const known: WebhookCredentials = { authorizations: ['Bearer x'], signingSecrets: [] };

describe('a webhook', () => {
  it('is rejected as unavailable if Kafka is', async () => {
    const ports = portsWith(known, {
      writeEvent: () => Promise.reject(new KafkaUnavailableError('not acknowledged')),
    });
    expect(await ingest(webhookRequest(event), ports)).toMatchObject({
      outcome: 'unavailable',
      projectId: 'default',
      eventId: expect.any(String) as unknown,
    });
  });

  it('is rejected as too large, and kept, if the topic does not accept a record of its size', async () => {
    const deadLetters: ProducedRecord[] = [];
    const ports = portsWith(known, {
      writeEvent: (record) => Promise.reject(new RecordsRejectedError([{ record, reason: 'too_large' }])),
      writeDeadLetter: (record) => Promise.resolve(void deadLetters.push(record)),
    });
    expect(await ingest(webhookRequest(event), ports)).toMatchObject({
      outcome: 'too_large',
      problem: { status: 413 },
    });
    expect(deadLetters).toMatchObject([
      {
        value: event,
        key: Buffer.from('default:anna'),
        headers: { [headerNames.deadLetterReason]: 'too_large' },
      },
    ]);
  });

  it.each<[string, Partial<IngestPorts>, Partial<WebhookRequest>]>([
    [
      'before the sender is authenticated',
      {
        endpoints: {
          find: () => {
            throw new TypeError('secret-of-the-sender');
          },
          projectsOf: () => [],
          isAbsent: () => false,
        },
      },
      {},
    ],
    [
      'while the body is being received',
      {},
      { receiveBody: () => Promise.reject(new RangeError('secret-of-the-sender\n    at secret')) },
    ],
    [
      'while it is being written',
      { writeEvent: () => Promise.reject(new Error('secret-of-the-sender')) },
      {},
    ],
  ])(
    'reports the source location of an unexpected error, but nothing of the request (%s)',
    async (_when, ports, request) => {
      const result = await ingest(webhookRequest(event, request), portsWith(known, ports));
      expect(result).toMatchObject({ kind: 'rejected', outcome: 'failed', problem: { status: 500 } });
      const text = JSON.stringify(result);
      expect(text).toContain('Error at ');
      expect(text).toContain('ingest.stage.spec');
      expect(text).not.toContain('secret');
    },
  );

  const signedAs = (bytes: Buffer): string => {
    const timestamp = nowMs / 1_000;
    const digest = createHmac('sha256', 'signing').update(`${timestamp}.`).update(bytes).digest('hex');
    return `t=${timestamp},v1=${digest}`;
  };
  const signed: WebhookCredentials = { authorizations: [], signingSecrets: ['signing'] };

  it.each([
    ['as received', gzipSync(event)],
    ['after decompression', event],
  ])('can be signed over its body %s', async (_how, bytes) => {
    const ports = portsWith(signed);
    const request = webhookRequest(gzipSync(event), { contentEncoding: 'gzip', signature: signedAs(bytes) });
    expect(await ingest(request, ports)).toMatchObject({ kind: 'accepted' });
    expect(ports.written).toEqual([event]);
  });

  it('is not decompressed if its signature is malformed', async () => {
    const ports = portsWith(signed);
    const request = webhookRequest(Buffer.from('not gzip'), {
      contentEncoding: 'gzip',
      signature: 't=1,v1=0',
    });
    expect(await ingest(request, ports)).toMatchObject({ outcome: 'bad_signature' });
  });
});
